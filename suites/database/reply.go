package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/faultproxy"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// patience is how long after its reply began to get lost a statement is given up. Where the line ends, the driver learns of
// it at once, and has the time to connect again and do what it should not.
func patience(a faultproxy.Action) time.Duration {
	if mute(a) {
		return 150 * time.Millisecond
	}
	return 3 * time.Second
}

// mute reports whether the driver hears nothing of an action.
func mute(a faultproxy.Action) bool { return a == faultproxy.Hole || a == faultproxy.HalfOpen }

// offsets are after how many of a reply's bytes an action strikes: spread over all of them, fewer where each costs the
// deadline, and where an emulator makes each reconnection dear. A statement may take several round trips, of which only
// the last runs it.
func offsets(a faultproxy.Action, reply int) (after []int) {
	n := check.Natively(10, 3)
	if mute(a) {
		n = check.Natively(3, 1)
	}
	if n == 1 {
		return []int{reply / 2}
	}
	for i := range n {
		after = append(after, i*(reply-1)/(n-1))
	}
	return after
}

// atMostOnce loses the server's reply from some byte on, by every action: nothing may run twice, and what is
// acknowledged must be there.
func atMostOnce(run way, actions ...faultproxy.Action) func(*trial) {
	return func(t *trial) { t.lose(run, actions) }
}

// modes are the behaviours of a driver's other ways to send a statement with arguments.
func modes(d *dialect.Dialect) (all []behaviour) {
	for _, mode := range d.Modes {
		setting := mode.Key + "=" + mode.Value
		all = append(all, behaviour{"lost replies with " + setting, "at-most-once/" + setting, record.Critical, 60 * time.Second,
			func(t *trial) { t.lose(bound, faultproxy.Actions, mode) }})
	}
	return all
}

// inPrepared does so with a statement that is prepared once.
func inPrepared(t *trial) { t.lose(t.prepared(), faultproxy.Actions) }

// inBatches does so with batches.
func inBatches(t *trial) {
	if err := batched(t.ctx, t.db, "SELECT 1 WHERE 1 = "+t.SQL("?"), 0, func() {}); errors.Is(err, errNoBatch) {
		t.skip(record.Say("this driver has no batches", "该驱动不支持批量发送"))
	}
	t.lose(batched, faultproxy.Actions)
}

// overTLS does so where the server is reached by TLS: the cuts then fall between and within TLS's records.
func overTLS(t *trial) {
	t.needsTLS()
	p, pool := t.through(t.dsn)
	t.loseOn(p, pool, bound, []faultproxy.Action{faultproxy.Reset, faultproxy.Close})
}

func (t *trial) lose(run way, actions []faultproxy.Action, settings ...dialect.Setting) {
	p, pool := t.proxied(settings...)
	t.loseOn(p, pool, run, actions)
}

func (t *trial) loseOn(p *faultproxy.Proxy, pool *sql.DB, run way, actions []faultproxy.Action) {
	table := t.table("v {int}")
	insert := t.SQL("INSERT INTO " + table + " VALUES (?)")
	pool.SetMaxOpenConns(1)
	key, planned, slowest, acknowledged := 0, 0, time.Duration(0), map[int]string{}
	warm := func() {
		for range 3 { // pgx pings a connection before its second use
			key++
			run(t.ctx, pool, insert, key, func() {})
		}
		key++
	}
	warm()
	var before int
	t.must(run(t.ctx, pool, insert, key, func() { before = p.Passed() }), "write undisturbed")
	reply := p.Passed() - before
	for _, action := range actions {
		for _, after := range offsets(action, reply) {
			warm()
			planned++
			ctx, cancel := context.WithCancel(t.ctx)
			var gaveUp atomic.Pointer[time.Time]
			err := run(ctx, pool, insert, key, func() {
				struck := p.Set(faultproxy.Fault{Action: action, After: after})
				go func() {
					if came(ctx, struck) && came(ctx, time.After(patience(action))) {
						now := time.Now()
						gaveUp.Store(&now)
						cancel()
					}
				}()
			})
			cancel()
			if at := gaveUp.Load(); at != nil {
				slowest = max(slowest, time.Since(*at))
			}
			if mute(action) { // what has not struck must not silence the statements that nobody gives up
				p.Set(faultproxy.Fault{})
			}
			if err == nil {
				acknowledged[key] = fmt.Sprintf("%s after %d of %d bytes", action, after, reply)
			}
		}
	}
	t.saw("every fault struck, "+t.what, p.Struck() == planned, true)
	t.saw("nobody is held when patience ends, "+t.what, slowest < patient(5*time.Second), true)
	time.Sleep(patience(faultproxy.Hole)) // the last one may still be on its way
	t.once(table, acknowledged)
}

// came waits for something, and reports whether it came before the end of the context.
func came[T any](ctx context.Context, it <-chan T) bool {
	select {
	case <-it:
		return true
	case <-ctx.Done():
		return false
	}
}

// once checks what the server has of the keys that were written: none twice, none missing that was acknowledged.
func (t *trial) once(table string, acknowledged map[int]string) {
	rows, err := t.db.QueryContext(t.ctx, "SELECT v, count(*) FROM "+table+" GROUP BY v")
	t.must(err, "read keys")
	defer rows.Close()
	twice, there := []string{}, map[int]bool{}
	for rows.Next() {
		var key, n int
		t.must(rows.Scan(&key, &n), "read keys")
		there[key] = true
		if n > 1 {
			twice = append(twice, fmt.Sprintf("%d times, %s", n, cmpCode(acknowledged[key], "not acknowledged")))
		}
	}
	t.must(rows.Err(), "read keys")
	lost := []string{}
	for key, how := range acknowledged {
		if !there[key] {
			lost = append(lost, how)
		}
	}
	t.saw("keys that ran twice, "+t.what, len(twice) > 0, false)
	t.saw("keys acknowledged and lost, "+t.what, len(lost) > 0, false)
	for _, list := range [][]string{twice, lost} {
		if slices.Sort(list); len(list) > 0 {
			t.faults = append(t.faults, fmt.Sprintf("%d keys: %s …", len(list), strings.Join(list[:min(len(list), 5)], "; ")))
		}
	}
}
