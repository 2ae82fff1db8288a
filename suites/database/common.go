package database

import (
	"database/sql"
	"slices"
	"sync"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/record"
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

// quiet reports whether a behaviour is looked at on the common pool. That is where an emulator makes a pool of its own
// dear, most of all for TLS, and the behaviour only writes values and reads them.
func (b behaviour) quiet() bool {
	if check.Launch().Provenance == record.Native {
		return false
	}
	for _, group := range [][]behaviour{numbers, floats, texts, times, values} {
		if slices.ContainsFunc(group, func(o behaviour) bool { return o.key == b.key }) {
			return true
		}
	}
	return false
}
