package database

import (
	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// driverOnly are the keys of the cases that depend on the driver alone, so that a stand-in for the server can show them.
var driverOnly = map[string]bool{
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

// skipWithStandIn ends the spec if a stand-in answers and the case needs a real server.
func skipWithStandIn(d *dialect.Dialect, c dbtest.Case) {
	if servers.HasStandIn(d) && !driverOnly[c.Key] {
		check.Skip(record.Sayf("the server's own behaviour: the stand-in, which is not a server, cannot show it; name a server with %[1]s",
			"这是服务器自身的行为：替身并非真实服务器，无法体现；请用 %[1]s 指定服务器", d.Env()))
	}
}
