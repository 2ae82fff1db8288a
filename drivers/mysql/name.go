package mysql

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/pattern"
)

// Naming describes the data source names of a database with MySQL's protocol.
type Naming struct {
	Example string
	Port    string   // default of URLs
	Schemes []string // of URLs
}

// naming describes the data source names of MySQL and MariaDB.
var naming = Naming{Example: "user:password@tcp(host:3306)/database", Port: "3306", Schemes: []string{"mysql", "mariadb"}}

// address matches a data source name in the driver's own form that has an address such as tcp(host:3306).
var address = pattern.Of(`^(?:[^/]*@)?\w+\([^)]+\)/|@\w+\([^)]+\)/`)

// Read converts a data source name, a URL or in the driver's form, to the driver's form. It returns a *dialect.UnreadableError for
// other texts, and for a name without a host, for which the driver would use this machine.
func (n Naming) Read(dsn string) (string, error) {
	if err := dialect.RejectOtherClients(dsn, n.Example); err != nil {
		return "", err
	}
	if scheme := dialect.Scheme(dsn); scheme != "" && strings.HasPrefix(dsn[len(scheme):], "://") {
		if !slices.Contains(n.Schemes, scheme) {
			return "", dialect.WrongScheme(dsn, n.Example)
		}
		return n.url(dsn[len(scheme)+len("://"):])
	}
	c, err := mysql.ParseDSN(dsn)
	if err != nil {
		return "", dialect.InvalidName(n.Example)
	}
	if !address().MatchString(dsn) {
		return "", dialect.MissingHost(n.Example)
	}
	return dsn, n.parameters(c)
}

// parameters returns a *dialect.UnreadableError for parameters that the driver does not know and that may hold a password: the driver
// would send them to the server.
func (n Naming) parameters(c *mysql.Config) error {
	for key := range c.Params {
		if key == RootParameter {
			continue
		}
		if err := dialect.CheckParameter(key, n.Example); err != nil {
			return err
		}
	}
	return nil
}

// url converts the part of a URL after the scheme: user:password@host:port/database?key=value. A user may be user@tenant#cluster
// without escapes.
func (n Naming) url(rest string) (string, error) {
	body, query, _ := strings.Cut(rest, "?")
	at := strings.LastIndexByte(body, '@')
	place, database, _ := strings.Cut(body[at+1:], "/")
	if place == "" {
		return "", dialect.MissingHost(n.Example)
	}
	host, port, err := net.SplitHostPort(place)
	if err != nil {
		host, port = strings.Trim(place, "[]"), n.Port
	}
	if host == "" || port == "" || strings.ContainsAny(host, "()@, \t") {
		return "", dialect.InvalidName(n.Example)
	}
	c, err := mysql.ParseDSN("tcp(" + net.JoinHostPort(host, port) + ")/?" + query)
	if err != nil {
		return "", dialect.InvalidName(n.Example)
	}
	if at >= 0 {
		user, password, _ := strings.Cut(body[:at], ":")
		c.User, c.Passwd = plain(user), plain(password)
	}
	c.DBName = plain(database)
	return c.FormatDSN(), n.parameters(c)
}

// plain returns a part of a URL without its escapes; unchanged if an escape is invalid.
func plain(part string) string {
	if text, err := url.PathUnescape(part); err == nil {
		return text
	}
	return part
}
