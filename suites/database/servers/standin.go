package servers

import (
	"maps"
	"sync"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// HasStandIn reports whether a stand-in answers instead of a server. The coordinator says so to all payloads.
func HasStandIn(d *dialect.Dialect) bool { return Source(d, check.Env()) == dialect.StandIn }

// Group returns the name of the container that has the dialect's specs, and of its observations. It tells results of a
// stand-in from those of a server.
func Group(d *dialect.Dialect) string {
	if HasStandIn(d) {
		return d.Name + " (stand-in, not a server)"
	}
	return d.Name
}

// WithStandIn returns the dialect with the statements that only its stand-in has: those that wait.
func WithStandIn(d *dialect.Dialect) *dialect.Dialect {
	copied := *d
	copied.Words = maps.Clone(d.Words)
	copied.Words["sleep 2"] = "SELECT STANDIN_SLEEP(2)"
	copied.Words["sleep 0.1"] = "SELECT STANDIN_SLEEP(0.1)"
	return &copied
}

// standIns holds the data source name of each stand-in of this process, by the database's name.
var standIns sync.Map

// startStandIn starts the dialect's stand-in when it is first called, and returns its data source name.
func startStandIn(d *dialect.Dialect) (dsn string, err error) {
	once, _ := standIns.LoadOrStore(d.Name, sync.OnceValues(d.StandIn))
	return once.(func() (string, error))()
}
