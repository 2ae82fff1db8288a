package database

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/faultproxy"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// proxied is a pool whose bytes pass a proxy: in the clear where the server lets them, so that a fault between two bytes
// of the protocol is one.
func (t *trial) proxied(settings ...dialect.Setting) (*faultproxy.Proxy, *sql.DB) {
	return t.through(t.Clear(t.dsn), settings...)
}

// through is a pool that reaches the server of a data source name through a proxy.
func (t *trial) through(dsn string, settings ...dialect.Setting) (*faultproxy.Proxy, *sql.DB) {
	network, address, err := t.Address(dsn)
	t.must(err, "the server's address")
	p, err := faultproxy.New(network, address)
	t.must(err, "a proxy")
	t.closers = append(t.closers, p.Close)
	dsn, err = t.Via(dsn, p.Addr())
	t.must(err, "the proxy's address")
	return p, t.open(dsn, settings...)
}

// commitDeadline loses the reply to a commit on lines that say nothing more, side by side.
func commitDeadline(t *trial) {
	table := t.table("v {int}")
	silent := []faultproxy.Action{faultproxy.Hole, faultproxy.HalfOpen}
	back := map[faultproxy.Action]chan error{}
	for _, action := range silent {
		p, pool := t.proxied()
		ctx, cancel := context.WithCancel(t.ctx)
		defer cancel()
		tx, err := pool.BeginTx(ctx, nil)
		t.must(err, "begin")
		t.in(tx, "INSERT INTO "+table+" VALUES (1)")
		p.Set(faultproxy.Fault{Action: action})
		time.AfterFunc(patience(action), cancel)
		ended := make(chan error, 1)
		back[action] = ended
		go func() { ended <- tx.Commit() }()
	}
	waiting, cancel := t.within(patient(3 * time.Second))
	defer cancel()
	for _, action := range silent {
		select {
		case err := <-back[action]:
			t.saw("commit on a line that is "+string(action), err != nil, true)
		case <-waiting.Done():
			t.saw("commit on a line that is "+string(action), "hangs", true)
		}
	}
}

// fill makes a table of n rows of about 60 bytes.
func (t *trial) fill(n int) string {
	table := t.table("v {int}, pad {varchar}(50)")
	for from := 0; from < n; from += 500 {
		values := ""
		for i := from; i < min(from+500, n); i++ {
			values += fmt.Sprintf(", (%d, 'a row of some length, number %020d')", i, i)
		}
		t.exec("INSERT INTO " + table + " VALUES " + values[2:])
	}
	return table
}

func resultCut(t *trial) {
	table := t.fill(2000)
	p, pool := t.proxied()
	for _, action := range faultproxy.Actions {
		for _, after := range []int{150, 30000, 5000, 90000}[:check.Natively(4, 2)] {
			pool.PingContext(t.ctx)
			pool.PingContext(t.ctx)
			ctx, cancel := t.within(300 * time.Millisecond)
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
			t.saw(fmt.Sprintf("%s after %d bytes of a result is told", action, after), err != nil && n < 2000, true)
			p.Set(faultproxy.Fault{})
		}
	}
}

func slowLine(t *trial) {
	table := t.fill(500)
	for _, fault := range []faultproxy.Fault{{Latency: 20 * time.Millisecond}, {Bandwidth: 100 << 10}} {
		p, pool := t.proxied()
		p.Set(fault)
		n := 0
		rows, err := pool.QueryContext(t.ctx, "SELECT v, pad FROM "+table)
		t.must(err, "query")
		for rows.Next() {
			n++
		}
		t.saw(fmt.Sprintf("rows over a line with latency %v and bandwidth %d", fault.Latency, fault.Bandwidth),
			coded(n, t.Code(rows.Err())), 500)
		rows.Close()
	}
}
