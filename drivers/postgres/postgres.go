// Package postgres is the dialect of PostgreSQL, reached by pgx.
package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"net/url"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Dialect of PostgreSQL.
var Dialect = &dialect.Dialect{
	Name: "postgres", Title: "PostgreSQL", Library: "pgx", Module: "github.com/jackc/pgx/v5",
	Example: naming.Example, Read: naming.Read,
	Open: Open, Address: Address, Via: Via, As: As, Plain: Plain, Secure: Secure, StartTLS: StartTLS,
	Server: Server, Refused: Refused, Code: Code, Troubled: troubled,
	Encodings: []string{"UTF8", "GB18030"},
	Modes:     modes("cache_describe", "describe_exec", "exec", "simple_protocol"),
	Numbered:  true, Quote: `"`,
	Words: map[string]string{
		"int": "integer", "bigint": "bigint", "double": "double precision", "decimal": "numeric", "bool": "boolean",
		"char": "char", "varchar": "varchar", "text": "text", "blob": "bytea", "date": "date",
		"timestamp": "timestamp", "timestamptz": "timestamptz", "serial": "serial PRIMARY KEY",
		"sleep 2": "SELECT 1 FROM pg_sleep(2)", "sleep 0.1": "SELECT 1 FROM pg_sleep(0.1)",
		"session": "pg_backend_pid()", "kill": "SELECT pg_terminate_backend",
		"sessions":      "SELECT count(*) FROM pg_stat_activity WHERE pid = ",
		"identified by": "LOGIN PASSWORD", "string": "text",
		"encrypted": "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
	},
}

// modes are settings of pgx's default_query_exec_mode.
func modes(values ...string) (all []dialect.Setting) {
	for _, v := range values {
		all = append(all, dialect.Setting{Key: "default_query_exec_mode", Value: v})
	}
	return all
}

// Config reads a data source name, URL or key=value, with settings added. In a URL sslrootcert may hold the root itself
// instead of naming its file.
func Config(dsn string, settings ...dialect.Setting) (*pgx.ConnConfig, error) {
	for _, s := range settings {
		dsn = with(dsn, s)
	}
	withoutEnvironment()
	dsn, roots := cutRoots(dsn)
	config, err := pgx.ParseConfig(dsn)
	if err == nil && roots != nil && config.TLSConfig != nil {
		config.TLSConfig.RootCAs = roots
	}
	return config, err
}

// Open makes a pool that connects with dsn and settings.
func Open(dsn string, settings ...dialect.Setting) (*sql.DB, error) {
	config, err := Config(dsn, settings...)
	if err != nil {
		return nil, err
	}
	return stdlib.OpenDB(*config), nil
}

// with adds a setting to a data source name in either form.
func with(dsn string, s dialect.Setting) string {
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme == "" {
		return dsn + " " + s.Key + "='" + regexp.MustCompile(`[\\']`).ReplaceAllString(s.Value, `\$0`) + "'"
	}
	query := u.Query()
	query.Set(s.Key, s.Value)
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20") // pgx reads "+" as a plus sign, not as a space
	return u.String()
}

// derived are databases of PostgreSQL's protocol that have names of their own here.
var derived = regexp.MustCompile(`(?i)openGauss|GaussDB|Kingbase`)

// Server asks the server what it is. One of those that have a name of their own is a *dialect.WrongServerError.
func Server(ctx context.Context, db *sql.DB) (dialect.Server, error) {
	if version, err := Version(ctx, db); err != nil || derived.MatchString(version) {
		return dialect.Server{}, cmp.Or(err, error(&dialect.WrongServerError{Name: version}))
	}
	return Settings(ctx, db)
}

// Version returns what the server calls itself.
func Version(ctx context.Context, db *sql.DB) (version string, err error) {
	err = db.QueryRowContext(ctx, "SELECT version()").Scan(&version)
	return version, err
}

// Settings asks a server of PostgreSQL's protocol for version, encoding and time zone.
func Settings(ctx context.Context, db *sql.DB) (dialect.Server, error) {
	var s dialect.Server
	err := db.QueryRowContext(ctx, `SELECT current_setting('server_version'), current_setting('server_encoding'),
		current_setting('TimeZone')`).Scan(&s.Version, &s.Encoding, &s.Zone)
	return s, err
}

// Code returns the SQLSTATE of a server's error (PostgreSQL documentation, appendix A).
func Code(err error) string {
	var server *pgconn.PgError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &server):
		return server.Code
	case errors.Is(err, context.DeadlineExceeded):
		return "deadline"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	default:
		return "client"
	}
}

// troubled knows the classes of insufficient resources, of system errors and of internal errors (PostgreSQL documentation, appendix A).
func troubled(code string) bool {
	return strings.HasPrefix(code, "53") || strings.HasPrefix(code, "58") || strings.HasPrefix(code, "XX")
}

// Refused returns what to do about a connection that was not made, by the SQLSTATE of the refusal.
func Refused(dsn string, err error) (reason, remedy record.Sentence) {
	switch code := Code(err); code {
	case "28P01", "28000":
		if withoutTLS.MatchString(err.Error()) {
			c := dialect.TLSRequired()
			return c.Reason, c.Remedy
		}
		return record.Sayf("the server refuses the user or the password (SQLSTATE %s)", "服务器拒绝该用户或口令（SQLSTATE %s）", code),
			record.Say("correct user and password in the DSN, and the server's pg_hba.conf", "请更正 DSN 中的用户名和口令，并检查服务器的 pg_hba.conf")
	case "3D000":
		return record.Say("the database that the DSN names does not exist", "DSN 所指的数据库不存在"),
			record.Say("create the database, or name another in the DSN", "请创建该数据库，或在 DSN 中改用其他数据库")
	case "53300":
		return record.Say("the server has no connection left", "服务器已无可用连接"),
			record.Say("raise max_connections, or end other sessions", "请调大 max_connections，或结束其他会话")
	case "25006":
		return record.Say("the server takes no writes (SQLSTATE 25006)", "服务器只读（SQLSTATE 25006）"),
			record.Say("name the primary server, or set default_transaction_read_only to off", "请指定主服务器，或将 default_transaction_read_only 设为 off")
	case "42501":
		return record.Say("the user may not make tables (SQLSTATE 42501)", "用户无权建表（SQLSTATE 42501）"),
			record.Say("grant the user CREATE on the schema, or give it a database of its own", "请授予该用户模式的 CREATE 权限，或为其准备单独的数据库")
	case "client", "deadline":
		c := contact(dsn, err)
		return c.Reason, c.Remedy
	default:
		return record.Sayf("the server refuses the connection (SQLSTATE %s)", "服务器拒绝连接（SQLSTATE %s）", code),
			record.Say("see the server's log", "请查看服务器日志")
	}
}
