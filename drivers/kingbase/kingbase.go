// Package kingbase is the dialect of KingbaseES, which speaks PostgreSQL's protocol, reached by pgx.
package kingbase

import (
	"context"
	"database/sql"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/postgres"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Dialect of KingbaseES V8R6 and later.
var Dialect = derive()

func derive() *dialect.Dialect {
	d := *postgres.Dialect
	d.Name, d.Title = "kingbase", "KingbaseES"
	d.Example = "postgres://user:password@host:54321/test"
	d.Server, d.Refused = server, refused
	d.Answers = map[string]dialect.Answer{
		"empty string": {Value: "true ", Or: []any{"false "},
			Source: "KingbaseES SQL reference, ora_input_emptystr_isnull: in Oracle mode an empty string is NULL"},
	}
	return &d
}

// server asks for the compatibility mode too.
func server(ctx context.Context, db *sql.DB) (dialect.Server, error) {
	s, err := postgres.Server(ctx, db)
	if err == nil {
		db.QueryRowContext(ctx, "SELECT current_setting('database_mode', true)").Scan(&s.Mode)
	}
	return s, err
}

func refused(dsn string, err error) (reason, remedy record.Sentence) {
	if code, unspoken := postgres.Unspoken(dsn); unspoken {
		return record.Sayf("the server asks for authentication method %d, which pgx does not speak", "服务器要求的认证方式 %d 不受 pgx 支持", code),
			record.Say("give the client's address the method scram-sha-256 in sys_hba.conf, and set the user's password again",
				"请在 sys_hba.conf 中为客户端地址配置 scram-sha-256，并重新设置该用户的口令")
	}
	return postgres.Refused(dsn, err)
}
