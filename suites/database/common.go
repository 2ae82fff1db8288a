package database

import (
	"database/sql"
	"slices"
	"sync"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// pools holds what common has opened.
var pools sync.Map

// common is a pool for each server that lives as long as this process. It drops what the trials made. A data source name
// that cannot be read was told of before.
func common(d *dialect.Dialect, dsn string) *sql.DB {
	once, _ := pools.LoadOrStore(dsn, sync.OnceValue(func() *sql.DB {
		db, _ := d.Open(dsn)
		return db
	}))
	return once.(func() *sql.DB)()
}

// limiting are the behaviours that set limits to their pool.
var limiting = []string{"prepared-concurrency", "alter-table", "busy-pool", "cancel-storm"}

// shares reports whether a behaviour is looked at on the common pool: where an emulator makes each connection dear.
func (b behaviour) shares() bool { return !check.Native() && !slices.Contains(limiting, b.key) }

// crowd is the data source name for many connections: in the clear where an emulator makes TLS the dearest part of each.
// The common pool and the behaviours of lines have TLS there nevertheless.
func crowd(d *dialect.Dialect, dsn string) string {
	return check.Natively(dsn, d.Clear(dsn))
}
