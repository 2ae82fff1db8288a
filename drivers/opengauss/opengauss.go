// Package opengauss has the dialects of openGauss and GaussDB, which have PostgreSQL's protocol with their own authentication
// methods, with the driver pgx.
package opengauss

import (
	"context"
	"database/sql"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/postgres"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Dialect is the dialect of openGauss, and GaussDB that of Huawei's GaussDB.
var (
	Dialect = derive("opengauss", "openGauss", "5432")
	GaussDB = derive("gaussdb", "GaussDB", "8000")
)

// derive returns the dialect of PostgreSQL with the changes for another database.
func derive(name, title, port string) *dialect.Dialect {
	d := *postgres.Dialect
	naming := postgres.Naming{Example: "postgres://user:password@host:" + port + "/postgres", Port: port,
		Schemes: []string{"postgres", "postgresql", "opengauss", "gaussdb"}}
	d.Name, d.Title, d.Example, d.Read = name, title, naming.Example, naming.Read
	d.Server, d.Refused = server, refused
	d.Answers = map[string]dialect.Answer{
		"both transactions of a write skew commit at serializable": {Value: true, Or: []any{false},
			Source: "openGauss documentation, Managing Transactions: SERIALIZABLE is equivalent to REPEATABLE READ"},
	}
	d.InMode = inMode
	return &d
}

// server returns the server's version and settings with its compatibility mode. It returns a *dialect.WrongServerError for a server
// without one, because openGauss and databases derived from it always have one.
func server(ctx context.Context, db *sql.DB) (dialect.Server, error) {
	version, err := postgres.Version(ctx, db)
	if err != nil {
		return dialect.Server{}, err
	}
	s, err := postgres.Settings(ctx, db)
	if err != nil {
		return s, err
	}
	switch err := db.QueryRowContext(ctx, "SHOW sql_compatibility").Scan(&s.Mode); {
	case postgres.Code(err) == "42704": // undefined_object: there is no such parameter
		return s, &dialect.WrongServerError{Name: version}
	default:
		return s, err
	}
}

// refused is postgres.Refused with a remedy for the server's own SHA-256 authentication (10 or 11), which is the default and which
// pgx misreads as SASL.
func refused(dsn string, err error) (reason, remedy record.Sentence) {
	if code, unsupported := postgres.UnsupportedAuthentication(dsn); unsupported {
		return record.Sayf("the server asks for its own authentication method (%d), which pgx does not speak", "服务器要求其自有的认证方式（%d），pgx 不支持", code),
			record.Say("gs_guc reload -D DATADIR -c \"password_encryption_type=1\"; then ALTER USER u IDENTIFIED BY 'new' REPLACE 'old', because the old hash stays SHA-256; then `host all u CLIENT/32 md5` in pg_hba.conf; the user omm cannot log in from elsewhere",
				"执行 gs_guc reload -D DATADIR -c \"password_encryption_type=1\"；再执行 ALTER USER u IDENTIFIED BY 'new' REPLACE 'old' 重设口令（旧口令仍按 SHA-256 保存）；然后在 pg_hba.conf 中加入 `host all u CLIENT/32 md5`；用户 omm 不能远程登录")
	}
	return postgres.Refused(dsn, err)
}
