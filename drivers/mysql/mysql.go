// Package mysql is the dialect of servers with MySQL's protocol, with the driver go-sql-driver/mysql.
package mysql

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/xcmatrix/xcmatrix/drivers/authority"
	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Dialect is the dialect of MySQL and MariaDB.
var Dialect = &dialect.Dialect{
	Name: "mysql", Title: "MySQL / MariaDB", Library: "go-sql-driver", Module: "github.com/go-sql-driver/mysql",
	Example: naming.Example, Read: naming.Read,
	Open: Open, Address: Address, Via: Via, As: As, Plain: Plain, Secure: Secure, StartTLS: StartTLS,
	Server: Server, Refused: Refused, Code: Code,
	Encodings: []string{"utf8mb4", "gb18030"},
	Modes:     []dialect.Setting{{Key: "interpolateParams", Value: "true"}},
	Quote:     "`",
	Words: map[string]string{
		"int": "int", "bigint": "bigint", "double": "double", "decimal": "decimal", "bool": "boolean",
		"char": "char", "varchar": "varchar", "text": "longtext", "blob": "longblob", "date": "date",
		"timestamp": "datetime(6)", "timestamptz": "timestamp(6) NULL", "serial": "int AUTO_INCREMENT PRIMARY KEY",
		"sleep 2": "SELECT 1 FROM (SELECT SLEEP(2)) AS slept", "sleep 0.1": "SELECT 1 FROM (SELECT SLEEP(0.1)) AS slept",
		"session": "CONNECTION_ID()", "kill": "KILL ",
		"sessions": "SELECT count(*) FROM information_schema.processlist WHERE id = ", "identified by": "IDENTIFIED BY", "string": "char",
		"encrypted": "SELECT VARIABLE_VALUE <> '' FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'Ssl_cipher'",
	},
	Answers: answers, InMode: inMode, Troubled: troubled,
}

// RootParameter is the parameter of a data source name with the root certificate, see authority.Inline. It needs tls=true.
const RootParameter = "rootcert"

// config returns the driver's configuration for a data source name and settings. DATETIME values are read as time.Time, in UTC unless
// the name has another loc. It returns an error for an invalid name or an unknown setting.
func config(dsn string, settings ...dialect.Setting) (*mysql.Config, error) {
	c, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	if roots, ok := authority.Roots(c.Params[RootParameter]); ok && c.TLS != nil {
		delete(c.Params, RootParameter)
		c.TLS.RootCAs = roots
	}
	c.ParseTime = true
	c.Logger = &mysql.NopLogger{} // the default logger prints to standard error
	for _, s := range settings {
		switch s.Key {
		case "multiStatements":
			c.MultiStatements = s.Value == "true"
		case "clientFoundRows":
			c.ClientFoundRows = s.Value == "true"
		case "interpolateParams":
			c.InterpolateParams = s.Value == "true"
		default:
			return nil, fmt.Errorf("unknown setting %q", s.Key)
		}
	}
	return c, nil
}

// Open returns a pool for a data source name with settings. It does not connect.
func Open(dsn string, settings ...dialect.Setting) (*sql.DB, error) {
	c, err := config(dsn, settings...)
	if err != nil {
		return nil, err
	}
	return open(c)
}

// open returns a pool for a configuration.
func open(c *mysql.Config) (*sql.DB, error) {
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// Address returns the server's address in a data source name, for net.Dial.
func Address(dsn string) (network, address string, err error) {
	c, err := mysql.ParseDSN(dsn)
	if err != nil {
		return "", "", err
	}
	return c.Net, c.Addr, nil
}

// Via returns the data source name with another host:port.
func Via(dsn, address string) (string, error) {
	return changed(dsn, func(c *mysql.Config) { c.Net, c.Addr = "tcp", address })
}

// As returns the data source name with another user.
func As(dsn, user, password string) (string, error) {
	return changed(dsn, func(c *mysql.Config) { c.User, c.Passwd = user, password })
}

// Plain returns the data source name without TLS if it is of a server that this program has started; otherwise it returns it
// unchanged.
func Plain(dsn string) string {
	c, err := mysql.ParseDSN(dsn)
	if err != nil || c.Params[RootParameter] == "" {
		return dsn
	}
	delete(c.Params, RootParameter)
	c.TLSConfig, c.TLS = "", nil
	return c.FormatDSN()
}

// changed returns a data source name after a change of its configuration.
func changed(dsn string, change func(*mysql.Config)) (string, error) {
	c, err := mysql.ParseDSN(dsn)
	if err != nil {
		return "", err
	}
	change(c)
	return c.FormatDSN(), nil
}

// Secure returns a pool that uses TLS and trusts only the root certificates in the PEM file.
func Secure(dsn, rootFile string) (*sql.DB, error) {
	c, err := config(dsn)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(rootFile)
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	c.TLS = &tls.Config{RootCAs: roots, ServerName: host}
	return open(c)
}

// derived matches the versions of other databases with MySQL's protocol, which have dialects of their own.
var derived = pattern.Of(`(?i)OceanBase|TiDB`)

// Server returns the server's version and settings, or a *dialect.WrongServerError for OceanBase and TiDB.
func Server(ctx context.Context, db *sql.DB) (dialect.Server, error) {
	if version, err := Version(ctx, db); err != nil || derived().MatchString(version) {
		return dialect.Server{}, cmp.Or(err, error(&dialect.WrongServerError{Name: version}))
	}
	return Settings(ctx, db)
}

// Version returns the server's version text with its comment.
func Version(ctx context.Context, db *sql.DB) (version string, err error) {
	err = db.QueryRowContext(ctx, "SELECT CONCAT(VERSION(), ' ', @@version_comment)").Scan(&version)
	return version, err
}

// Settings returns the version, character set, SQL mode and time zone of a server.
func Settings(ctx context.Context, db *sql.DB) (dialect.Server, error) {
	var s dialect.Server
	err := db.QueryRowContext(ctx, "SELECT VERSION(), @@character_set_database, @@sql_mode, @@time_zone").
		Scan(&s.Version, &s.Encoding, &s.Mode, &s.Zone)
	return s, err
}

// Code returns the server's error number and SQLSTATE (MySQL 8.0 Error Message Reference). See dialect.Dialect.Code.
func Code(err error) string {
	var server *mysql.MySQLError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &server):
		return fmt.Sprintf("%d/%s", server.Number, server.SQLState[:])
	case errors.Is(err, context.DeadlineExceeded):
		return "deadline"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	default:
		return "client"
	}
}

// troubled reports whether an error code means that disk, memory, threads or connections are exhausted, or an error of the storage
// engine. OceanBase and TiDB have their own numbers, from 4000 and 8000.
func troubled(code string) bool {
	number, _, _ := strings.Cut(code, "/")
	return slices.Contains([]string{"3", "1021", "1023", "1030", "1037", "1038", "1040", "1041", "1114", "1135", "1203", "1226",
		"4012", "4013", "4030", "4184", "8175", "9001", "9002", "9005"}, number)
}

// Refused returns the reason for an error in connecting, and the remedy.
func Refused(dsn string, err error) (reason, remedy record.Sentence) {
	var server *mysql.MySQLError
	if !errors.As(err, &server) {
		c := connectError(dsn, err)
		return c.Reason, c.Remedy
	}
	switch server.Number {
	case 3159: // ER_SECURE_TRANSPORT_REQUIRED
		c := dialect.TLSRequired()
		return c.Reason, c.Remedy
	case 1290, 1836:
		return record.Sayf("the server takes no writes (error %d)", "服务器只读（错误 %d）", server.Number),
			record.Say("name the primary server, or SET GLOBAL read_only = OFF", "请指定主服务器，或执行 SET GLOBAL read_only = OFF")
	case 1142:
		return record.Say("the user may not make tables (error 1142)", "用户无权建表（错误 1142）"),
			record.Say("grant the user all rights on the database that the DSN names", "请授予该用户对 DSN 所指数据库的全部权限")
	case 1044, 1045, 1698:
		return record.Sayf("the server refuses the user or the password (error %d)", "服务器拒绝该用户或口令（错误 %d）", server.Number),
			record.Say("correct user and password in the DSN, and the user's grants", "请更正 DSN 中的用户名和口令，并检查用户授权")
	case 1049:
		return record.Say("the database that the DSN names does not exist", "DSN 所指的数据库不存在"),
			record.Say("create the database, or name another in the DSN", "请创建该数据库，或在 DSN 中改用其他数据库")
	case 1040, 1203:
		return record.Say("the server has no connection left", "服务器已无可用连接"),
			record.Say("raise max_connections, or end other sessions", "请调大 max_connections，或结束其他会话")
	default:
		return record.Sayf("the server refuses the connection (error %d)", "服务器拒绝连接（错误 %d）", server.Number),
			record.Say("see the server's log", "请查看服务器日志")
	}
}
