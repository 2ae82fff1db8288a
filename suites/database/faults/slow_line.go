package faults

import (
	"fmt"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/faultproxy"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database/connections"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

// createRows creates a table of n rows of about 60 bytes.
func createRows(t *dbtest.T, n int) string {
	table := t.Table("v {int}, pad {varchar}(50)")
	for from := 0; from < n; from += 500 {
		values := ""
		for i := from; i < min(from+500, n); i++ {
			values += fmt.Sprintf(", (%d, 'a row of some length, number %020d')", i, i)
		}
		t.Exec("INSERT INTO " + table + " VALUES " + values[2:])
	}
	return table
}

// resultCut breaks the line at some byte of a result: reading it must end in an error.
func resultCut(t *dbtest.T) {
	table := createRows(t, 2000)
	p, pool := connections.Proxied(t)
	for _, action := range faultproxy.Actions {
		for _, after := range []int{150, 30000, 5000, 90000}[:check.IfNative(4, 2)] {
			pool.PingContext(t.Ctx)
			pool.PingContext(t.Ctx)
			ctx, cancel := t.WithTimeout(300 * time.Millisecond)
			p.Set(faultproxy.Fault{Action: action, After: after})
			n := 0
			rows, err := pool.QueryContext(ctx, "SELECT v, pad FROM "+table)
			if err == nil {
				for rows.Next() {
					n++
				}
				err = rows.Err()
				rows.Close()
			}
			cancel()
			t.Expect(fmt.Sprintf("%s after %d bytes of a result is told", action, after), err != nil && n < 2000, true)
			p.Set(faultproxy.Fault{})
		}
	}
}

// slowLine reads a result over a line with a delay, and over one with little bandwidth.
func slowLine(t *dbtest.T) {
	table := createRows(t, 500)
	for _, fault := range []faultproxy.Fault{{Latency: 20 * time.Millisecond}, {Bandwidth: 100 << 10}} {
		p, pool := connections.Proxied(t)
		p.Set(fault)
		n := 0
		rows, err := pool.QueryContext(t.Ctx, "SELECT v, pad FROM "+table)
		t.Must(err, "query")
		for rows.Next() {
			n++
		}
		t.Expect(fmt.Sprintf("rows over a line with latency %v and bandwidth %d", fault.Latency, fault.Bandwidth),
			dbtest.ValueOrCode(n, t.Code(rows.Err())), 500)
		rows.Close()
	}
}
