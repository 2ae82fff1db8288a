package servers

import (
	"database/sql"
	"sync"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// pools holds the pools of SharedPool, by data source name.
var pools sync.Map

// SharedPool returns a pool for a server that lives as long as this process. The data source name must be one that Reach
// has returned.
func SharedPool(d *dialect.Dialect, dsn string) *sql.DB {
	once, _ := pools.LoadOrStore(dsn, sync.OnceValue(func() *sql.DB {
		db, _ := d.Open(dsn)
		return db
	}))
	return once.(func() *sql.DB)()
}

// ManyDSN returns the data source name for a pool of many connections. Under an emulator it has no TLS, which is the slowest
// part of each connection there; the shared pool and the cases about lost replies have TLS there nevertheless.
func ManyDSN(d *dialect.Dialect, dsn string) string {
	return check.IfNative(dsn, d.Clear(dsn))
}
