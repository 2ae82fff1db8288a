// Package postgres is the dialect of PostgreSQL, with the driver pgx.
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
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Dialect is the dialect of PostgreSQL.
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

// modes returns settings of pgx's parameter default_query_exec_mode.
func modes(values ...string) (all []dialect.Setting) {
	for _, v := range values {
		all = append(all, dialect.Setting{Key: "default_query_exec_mode", Value: v})
	}
	return all
}

// Config returns pgx's configuration for a data source name with settings. In a URL sslrootcert may contain the root certificate
// itself, see authority.Inline.
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

// Open returns a pool for a data source name with settings. It does not connect.
func Open(dsn string, settings ...dialect.Setting) (*sql.DB, error) {
	config, err := Config(dsn, settings...)
	if err != nil {
		return nil, err
	}
	return stdlib.OpenDB(*config), nil
}

// with returns a data source name, a URL or key=value pairs, with a setting.
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

// derived matches the versions of other databases with PostgreSQL's protocol, which have dialects of their own.
var derived = pattern.Of(`(?i)openGauss|GaussDB|Kingbase`)

// Server returns the server's version and settings, or a *dialect.WrongServerError for a database with a dialect of its own.
func Server(ctx context.Context, db *sql.DB) (dialect.Server, error) {
	if version, err := Version(ctx, db); err != nil || derived().MatchString(version) {
		return dialect.Server{}, cmp.Or(err, error(&dialect.WrongServerError{Name: version}))
	}
	return Settings(ctx, db)
}

// Version returns the server's version text.
func Version(ctx context.Context, db *sql.DB) (version string, err error) {
	err = db.QueryRowContext(ctx, "SELECT version()").Scan(&version)
	return version, err
}

// Settings returns the version, encoding and time zone of a server.
func Settings(ctx context.Context, db *sql.DB) (dialect.Server, error) {
	var s dialect.Server
	err := db.QueryRowContext(ctx, `SELECT current_setting('server_version'), current_setting('server_encoding'),
		current_setting('TimeZone')`).Scan(&s.Version, &s.Encoding, &s.Zone)
	return s, err
}

// Code returns the SQLSTATE of a server's error (PostgreSQL documentation, appendix A). See dialect.Dialect.Code.
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

// troubled reports whether a SQLSTATE is of the class of insufficient resources, system errors or internal errors (PostgreSQL
// documentation, appendix A).
func troubled(code string) bool {
	return strings.HasPrefix(code, "53") || strings.HasPrefix(code, "58") || strings.HasPrefix(code, "XX")
}

// Refused returns the reason for an error in connecting, and the remedy.
func Refused(dsn string, err error) (reason, remedy record.Sentence) {
	switch code := Code(err); code {
	case "28P01", "28000":
		if withoutTLS().MatchString(err.Error()) {
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
		c := connectError(dsn, err)
		return c.Reason, c.Remedy
	default:
		return record.Sayf("the server refuses the connection (SQLSTATE %s)", "服务器拒绝连接（SQLSTATE %s）", code),
			record.Say("see the server's log", "请查看服务器日志")
	}
}
