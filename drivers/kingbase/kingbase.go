// Package kingbase is the dialect of KingbaseES, which has PostgreSQL's protocol, with the driver pgx.
package kingbase

import (
	"context"
	"database/sql"
	"strings"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/postgres"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Dialect is the dialect of KingbaseES V8R6 and later.
var Dialect = derive()

// derive returns the dialect of PostgreSQL with the changes for KingbaseES.
func derive() *dialect.Dialect {
	d := *postgres.Dialect
	d.Name, d.Title = "kingbase", "KingbaseES"
	naming := postgres.Naming{Example: "postgres://user:password@host:54321/test", Port: "54321",
		Schemes: []string{"postgres", "postgresql", "kingbase", "kingbase8", "kingbasees"}}
	d.Example, d.Read = naming.Example, naming.Read
	d.Server, d.Refused = server, refused
	d.InMode = inMode
	return &d
}

// server returns the server's version and settings with its compatibility mode, which only KingbaseES has. It returns a
// *dialect.WrongServerError for another server.
func server(ctx context.Context, db *sql.DB) (dialect.Server, error) {
	version, err := postgres.Version(ctx, db)
	if err != nil {
		return dialect.Server{}, err
	}
	s, err := postgres.Settings(ctx, db)
	if err != nil {
		return s, err
	}
	var mode sql.NullString
	err = db.QueryRowContext(ctx, "SELECT current_setting('database_mode', true)").Scan(&mode)
	if s.Mode = mode.String; (err != nil || !mode.Valid) && !strings.Contains(strings.ToLower(version), "kingbase") {
		return s, &dialect.WrongServerError{Name: version}
	}
	return s, nil
}

// refused is postgres.Refused with a remedy for authentication methods that pgx does not support.
func refused(dsn string, err error) (reason, remedy record.Sentence) {
	if code, unsupported := postgres.UnsupportedAuthentication(dsn); unsupported {
		return record.Sayf("the server asks for authentication method %d, which pgx does not speak", "服务器要求的认证方式 %d 不受 pgx 支持", code),
			record.Say("give the client's address the method scram-sha-256 in sys_hba.conf, and set the user's password again",
				"请在 sys_hba.conf 中为客户端地址配置 scram-sha-256，并重新设置该用户的口令")
	}
	return postgres.Refused(dsn, err)
}
