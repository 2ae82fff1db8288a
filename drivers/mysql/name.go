package mysql

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
)

// Naming is how the data source names of a database are written that speaks MySQL's protocol.
type Naming struct {
	Example string
	Port    string   // where a URL has none
	Schemes []string // of URLs
}

// naming of MySQL and MariaDB themselves.
var naming = Naming{Example: "user:password@tcp(host:3306)/database", Port: "3306", Schemes: []string{"mysql", "mariadb"}}

// address is a server in the driver's own form of a data source name: tcp(host:3306).
var address = regexp.MustCompile(`^(?:[^/]*@)?\w+\([^)]+\)/|@\w+\([^)]+\)/`)

// Read returns a data source name, in the driver's own form or as a URL, in the driver's form. It names its host: without one
// the driver would log in to the server of this machine.
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
	if !address.MatchString(dsn) {
		return "", dialect.MissingHost(n.Example)
	}
	return dsn, n.parameters(c)
}

// parameters refuses those that the driver does not know and would send to the server, where they may hold a password.
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

// url reads what follows the scheme: user:password@host:port/database?key=value. A user may be user@tenant#cluster, whose
// signs need no escaping.
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

// plain returns a part of a URL without its escapes; one that is not escaped well stands for itself.
func plain(part string) string {
	if text, err := url.PathUnescape(part); err == nil {
		return text
	}
	return part
}
