// Package oceanbase has the dialects of OceanBase in MySQL mode and of TiDB, which have MySQL's protocol, with the driver
// go-sql-driver/mysql.
package oceanbase

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	driver "github.com/go-sql-driver/mysql"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/mysql"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Dialect is the dialect of OceanBase in MySQL mode, and TiDB that of TiDB. There is no Go driver for OceanBase's Oracle mode
// (oceanbase/oceanbase#1314).
var (
	Dialect = derive("oceanbase", "OceanBase", mysql.Naming{Example: "user@tenant#cluster:password@tcp(host:2881)/database",
		Port: "2881", Schemes: []string{"oceanbase", "mysql"}})
	TiDB = derive("tidb", "TiDB", mysql.Naming{Example: "user:password@tcp(host:4000)/database",
		Port: "4000", Schemes: []string{"tidb", "mysql"}})
)

// derive returns the dialect of MySQL with the changes for another database.
func derive(name, title string, naming mysql.Naming) *dialect.Dialect {
	d := *mysql.Dialect
	d.Name, d.Title, d.Example, d.Read, d.Refused = name, title, naming.Example, naming.Read, refused
	d.Server = func(ctx context.Context, db *sql.DB) (dialect.Server, error) {
		version, err := mysql.Version(ctx, db)
		if err == nil && !strings.Contains(strings.ToLower(version), name) {
			err = &dialect.WrongServerError{Name: version}
		}
		if err != nil {
			return dialect.Server{}, err
		}
		return mysql.Settings(ctx, db)
	}
	return &d
}

// refused is mysql.Refused with a remedy for error 1235: the server does not prepare statements (oceanbase/oceanbase#331).
func refused(dsn string, err error) (reason, remedy record.Sentence) {
	var server *driver.MySQLError
	if errors.As(err, &server) && server.Number == 1235 {
		return record.Say("the server does not prepare statements (error 1235)", "服务器不支持预编译语句（错误 1235）"),
			record.Say("ALTER SYSTEM SET _ob_enable_prepared_statement = true, or add interpolateParams=true to the DSN",
				"执行 ALTER SYSTEM SET _ob_enable_prepared_statement = true，或在 DSN 中加入 interpolateParams=true")
	}
	return mysql.Refused(dsn, err)
}
