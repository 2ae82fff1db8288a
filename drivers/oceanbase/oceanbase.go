// Package oceanbase has the dialects of OceanBase in MySQL mode and of TiDB, which speak MySQL's protocol, reached by
// go-sql-driver/mysql.
package oceanbase

import (
	"errors"

	driver "github.com/go-sql-driver/mysql"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/mysql"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Dialect of OceanBase in MySQL mode. For its Oracle mode there is no Go driver (oceanbase/oceanbase#1314).
var (
	Dialect = derive("oceanbase", "OceanBase", "user@tenant#cluster:password@tcp(host:2881)/database")
	TiDB    = derive("tidb", "TiDB", "user:password@tcp(host:4000)/database")
)

func derive(name, title, example string) *dialect.Dialect {
	d := *mysql.Dialect
	d.Name, d.Title, d.Example, d.Refused = name, title, example, refused
	return &d
}

// refused knows error 1235: the server does not prepare statements (oceanbase/oceanbase#331).
func refused(dsn string, err error) (reason, remedy record.Sentence) {
	var server *driver.MySQLError
	if errors.As(err, &server) && server.Number == 1235 {
		return record.Say("the server does not prepare statements (error 1235)", "服务器不支持预编译语句（错误 1235）"),
			record.Say("ALTER SYSTEM SET _ob_enable_prepared_statement = true, or add interpolateParams=true to the DSN",
				"执行 ALTER SYSTEM SET _ob_enable_prepared_statement = true，或在 DSN 中加入 interpolateParams=true")
	}
	return mysql.Refused(dsn, err)
}
