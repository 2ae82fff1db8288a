// Package opengauss has the dialects of openGauss and GaussDB, which speak PostgreSQL's protocol with authentication
// methods of their own, reached by pgx.
package opengauss

import (
	"context"
	"database/sql"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/postgres"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Dialect of openGauss, GaussDB of Huawei's database.
var (
	Dialect = derive("opengauss", "openGauss", "postgres://user:password@host:5432/postgres")
	GaussDB = derive("gaussdb", "GaussDB", "postgres://user:password@host:8000/postgres")
)

func derive(name, title, example string) *dialect.Dialect {
	d := *postgres.Dialect
	d.Name, d.Title, d.Example = name, title, example
	d.Server, d.Refused = server, refused
	d.Answers = map[string]dialect.Answer{
		"empty string": {Value: "true ", Or: []any{"false "},
			Source: "openGauss documentation, sql_compatibility: in mode A an empty string is NULL"},
		"commits of a write skew at serializable": {Value: 1, Or: []any{2},
			Source: "openGauss documentation, SET TRANSACTION: SERIALIZABLE is the same as REPEATABLE READ"},
	}
	return &d
}

// server asks for the compatibility mode too.
func server(ctx context.Context, db *sql.DB) (dialect.Server, error) {
	s, err := postgres.Server(ctx, db)
	if err == nil {
		db.QueryRowContext(ctx, "SHOW sql_compatibility").Scan(&s.Mode)
	}
	return s, err
}

// refused knows that a server with its default settings asks for its own SHA-256 method (10 or 11), which pgx takes
// for SASL.
func refused(dsn string, err error) (reason, remedy record.Sentence) {
	if code, unspoken := postgres.Unspoken(dsn); unspoken {
		return record.Sayf("the server asks for its own authentication method (%d), which pgx does not speak", "服务器要求其自有的认证方式（%d），pgx 不支持", code),
			record.Say("gs_guc reload -D DATADIR -c \"password_encryption_type=1\"; then ALTER USER u IDENTIFIED BY 'new' REPLACE 'old', because the old hash stays SHA-256; then `host all u CLIENT/32 md5` in pg_hba.conf; the user omm cannot log in from elsewhere",
				"执行 gs_guc reload -D DATADIR -c \"password_encryption_type=1\"；再执行 ALTER USER u IDENTIFIED BY 'new' REPLACE 'old' 重设口令（旧口令仍按 SHA-256 保存）；然后在 pg_hba.conf 中加入 `host all u CLIENT/32 md5`；用户 omm 不能远程登录")
	}
	return postgres.Refused(dsn, err)
}
