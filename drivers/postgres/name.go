package postgres

import (
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/pattern"
)

// Naming describes the data source names of a database with PostgreSQL's protocol.
type Naming struct {
	Example string
	Port    string   // default
	Schemes []string // of URLs; the first is the one for the driver
}

// naming describes the data source names of PostgreSQL.
var naming = Naming{Example: "postgres://user:password@host:5432/database", Port: "5432", Schemes: []string{"postgres", "postgresql"}}

// passwords are the parameters with a password or the name of a password file.
var passwords = []string{"password", "sslpassword", "passfile"}

// Read converts a data source name, a URL or key=value pairs, to one that pgx accepts. It returns a *dialect.UnreadableError for other
// texts, and for a name without a host, for which pgx would use this machine.
func (n Naming) Read(dsn string) (string, error) {
	if err := dialect.RejectOtherClients(dsn, n.Example); err != nil {
		return "", err
	}
	scheme := dialect.Scheme(dsn)
	if scheme == "" {
		return n.pairs(dsn)
	}
	if !slices.Contains(n.Schemes, scheme) {
		return "", dialect.WrongScheme(dsn, n.Example)
	}
	return n.url(n.Schemes[0] + dsn[len(scheme):])
}

// url checks a URL and adds the default port.
func (n Naming) url(dsn string) (string, error) {
	u, err := url.Parse(dsn)
	if err != nil || !strings.HasPrefix(dsn, n.Schemes[0]+"://") || strings.Contains(u.Path, ";") || u.Fragment != "" {
		return "", dialect.InvalidName(n.Example)
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", dialect.InvalidName(n.Example)
	}
	for key := range query {
		if err := dialect.CheckParameter(key, n.Example, passwords...); err != nil {
			return "", err
		}
	}
	if u.Host == "" && query.Get("host") == "" {
		return "", dialect.MissingHost(n.Example)
	}
	if u.Port() == "" && !query.Has("port") && !strings.Contains(u.Host, ",") && u.Host != "" {
		u.Host = strings.TrimSuffix(u.Host, ":") + ":" + n.Port
	}
	return n.checked(u.String())
}

// pair matches one key=value; the value may be quoted.
var pair = pattern.Of(`^\s*([^\s='"]+)\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s\\']|\\.)(?:[^\s\\]|\\.)*|)(?:\s+|$)`)

// pairs checks key=value pairs and adds the default port.
func (n Naming) pairs(dsn string) (string, error) {
	keys, rest := map[string]bool{}, dsn
	for strings.TrimSpace(rest) != "" {
		found := pair().FindStringSubmatch(rest)
		if found == nil {
			return "", dialect.InvalidName(n.Example)
		}
		if err := dialect.CheckParameter(found[1], n.Example, passwords...); err != nil {
			return "", err
		}
		if found[2] != "" && found[2] != "''" {
			keys[found[1]] = true
		}
		rest = rest[len(found[0]):]
	}
	if !keys["host"] {
		return "", dialect.MissingHost(n.Example)
	}
	if !keys["port"] {
		dsn = strings.TrimRight(dsn, " \t") + " port=" + n.Port
	}
	return n.checked(dsn)
}

// checked returns the name if pgx accepts it. It hides pgx's error, which may contain a part of the password.
func (n Naming) checked(dsn string) (string, error) {
	withoutEnvironment()
	without, _ := cutRoots(dsn)
	if _, err := pgx.ParseConfig(without); err != nil {
		return "", dialect.InvalidName(n.Example)
	}
	return dsn, nil
}

// withoutEnvironment removes libpq's variables (PGHOST, PGPASSWORD …) from this process, once: pgx would use them for everything that
// a data source name leaves out, and they may be meant for another server.
var withoutEnvironment = sync.OnceFunc(func() {
	for _, assignment := range os.Environ() {
		name, _, _ := strings.Cut(assignment, "=")
		if strings.HasPrefix(name, "PG") && strings.ToUpper(name) == name {
			os.Unsetenv(name)
		}
	}
})
