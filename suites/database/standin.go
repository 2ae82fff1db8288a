package database

import (
	"maps"
	"os"
	"sync"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// stoodIn reports whether a stand-in answers instead of a server. The coordinator says so to all payloads.
func stoodIn(d *dialect.Dialect) bool { return os.Getenv(d.Env()) == dialect.StandIn }

// group is what the dialect's specs and observations are filed under: a stand-in's never beside a server's.
func group(d *dialect.Dialect) string {
	if stoodIn(d) {
		return d.Name + " (stand-in, not a server)"
	}
	return d.Name
}

// withStandIn is the dialect with what only its stand-in knows: statements that wait.
func withStandIn(d *dialect.Dialect) *dialect.Dialect {
	copied := *d
	copied.Words = maps.Clone(d.Words)
	copied.Words["sleep 2"] = "SELECT STANDIN_SLEEP(2)"
	copied.Words["sleep 0.1"] = "SELECT STANDIN_SLEEP(0.1)"
	return &copied
}

// driversOwn are the behaviours that a driver alone brings about, or fails to: these can be seen without a server.
var driversOwn = map[string]bool{
	"int64": true, "float64": true, "decimal-digits": true, "decimal-text": true,
	"float-to-int": true, "double-into-int64": true, "empty-string": true, "empty-bytes": true, "null": true,
	"characters": true, "sub-second": true, "wall-clock": true, "instant": true, "calendar": true, "shanghai": true,
	"boolean": true, "dynamic-types": true, "large-values": true,
	"argument-count": true, "prepared-concurrency": true, "odd-values": true, "password-characters": true,
	"atomicity": true, "isolation-levels": true, "deadline": true, "cancelled": true, "busy-pool": true,
	"cancel-storm": true, "parallel-errors": true, "session-killed": true, "killed-in-transaction": true,
	"at-most-once/plain": true, "at-most-once/bound": true, "at-most-once/prepared": true, "at-most-once/query": true, "at-most-once/pinned": true, "at-most-once/transaction": true,
	"at-most-once/commit": true, "commit-deadline": true, "result-cut": true, "killed-writers": true, "slow-line": true,
}

// skipServers skips what only a server can answer where there is none.
func skipServers(d *dialect.Dialect, b behaviour) {
	if stoodIn(d) && !driversOwn[b.key] {
		check.Skip(record.Sayf("the server's own behaviour: the stand-in, which is not a server, cannot show it; name a server with %[1]s",
			"这是服务器自身的行为：替身并非真实服务器，无法体现；请用 %[1]s 指定服务器", d.Env()))
	}
}

// stands holds the data source name of each stand-in of this process.
var stands sync.Map

// standIn starts the dialect's stand-in, once.
func standIn(d *dialect.Dialect) (dsn string, err error) {
	once, _ := stands.LoadOrStore(d.Name, sync.OnceValues(d.StandIn))
	return once.(func() (string, error))()
}
