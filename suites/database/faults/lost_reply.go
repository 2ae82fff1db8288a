package faults

import (
	"cmp"
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
	"github.com/xcmatrix/xcmatrix/suites/database/connections"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

// cancelDelay returns how long after the fault a statement's context is cancelled. If the line ends, the driver notices at
// once, and gets the time to connect again and to repeat what it must not repeat.
func cancelDelay(a faultproxy.Action) time.Duration {
	if silent(a) {
		return 150 * time.Millisecond
	}
	return 3 * time.Second
}

// silent reports whether the driver notices nothing of an action.
func silent(a faultproxy.Action) bool { return a == faultproxy.BlackHole || a == faultproxy.HalfOpen }

// offsets returns after how many bytes of a reply an action strikes. They are spread over the reply; they are fewer for
// silent actions, each of which costs the cancel delay, and under an emulator, where each reconnection is slow. A
// statement may take several round trips, of which only the last executes it.
func offsets(a faultproxy.Action, reply int) (after []int) {
	n := check.IfNative(10, 3)
	if silent(a) {
		n = check.IfNative(3, 1)
	}
	if n == 1 {
		return []int{reply / 2}
	}
	for i := range n {
		after = append(after, i*(reply-1)/(n-1))
	}
	return after
}

// loseReplies returns a check that writes keys with a mode of statement and loses the server's replies by every action, at
// different bytes: no key may be written twice, and every acknowledged key must be there.
func loseReplies(write statementMode, actions ...faultproxy.Action) func(*dbtest.T) {
	return func(t *dbtest.T) {
		p, pool := connections.Proxied(t)
		loseRepliesOn(t, p, pool, write, actions)
	}
}

// statementModes returns the cases about the driver's other modes to send a statement with arguments.
func statementModes(d *dialect.Dialect) (all []dbtest.Case) {
	for _, mode := range d.Modes {
		setting := mode.Key + "=" + mode.Value
		all = append(all, dbtest.Case{Text: "lost replies with " + setting, Key: "at-most-once/" + setting,
			Severity: record.Critical, Limit: time.Minute, Source: errBadConnSource, Check: func(t *dbtest.T) {
				p, pool := connections.Proxied(t, mode)
				loseRepliesOn(t, p, pool, execArgs, faultproxy.Actions)
			}})
	}
	return all
}

// loseRepliesPrepared is loseReplies for a statement that is prepared once.
func loseRepliesPrepared(t *dbtest.T) { loseReplies(execPrepared(t), faultproxy.Actions...)(t) }

// loseRepliesBatch is loseReplies for batches, if the driver has them.
func loseRepliesBatch(t *dbtest.T) {
	if err := sendBatch(t.Ctx, t.DB, "SELECT 1 WHERE 1 = "+t.SQL("?"), 0, func() {}); errors.Is(err, errNoBatch) {
		t.Skip(record.Say("this driver has no batches", "该驱动不支持批量发送"))
	}
	loseReplies(sendBatch, faultproxy.Actions...)(t)
}

// loseRepliesTLS is loseReplies for a connection with TLS: the cuts fall between and within TLS's records.
func loseRepliesTLS(t *dbtest.T) {
	connections.NeedsTLS(t)
	p, pool := connections.ProxiedTo(t, t.DSN)
	loseRepliesOn(t, p, pool, execArgs, []faultproxy.Action{faultproxy.Reset, faultproxy.Close})
}

// loseRepliesOn writes keys through a proxy and loses the reply to each; see loseReplies.
func loseRepliesOn(t *dbtest.T, p *faultproxy.Proxy, pool *sql.DB, write statementMode, actions []faultproxy.Action) {
	table := t.Table("v {int}")
	w := lossyWriter{t: t, proxy: p, pool: pool, write: write, insert: t.SQL("INSERT INTO " + table + " VALUES (?)")}
	pool.SetMaxOpenConns(1)
	w.warmUp()
	reply := w.replyLength()
	acknowledged, faults := map[int]string{}, 0
	for _, action := range actions {
		for _, after := range offsets(action, reply) {
			w.warmUp()
			faults++
			if err := w.lose(faultproxy.Fault{Action: action, After: after}); err == nil {
				acknowledged[w.key] = fmt.Sprintf("%s after %d of %d bytes", action, after, reply)
			}
		}
	}
	t.Expect("every fault struck, "+t.Key, p.FaultsApplied() == faults, true)
	t.Expect("nobody is held when patience ends, "+t.Key, w.slowest < dbtest.ScaleByLoad(5*time.Second), true)
	time.Sleep(cancelDelay(faultproxy.BlackHole)) // the last statement may still be on its way to the server
	checkKeys(t, table, acknowledged)
}

// lossyWriter writes one key after the other through a proxy.
type lossyWriter struct {
	t       *dbtest.T
	proxy   *faultproxy.Proxy
	pool    *sql.DB
	write   statementMode
	insert  string
	key     int           // the next key
	slowest time.Duration // the longest time between a cancellation and the statement's return
}

// warmUp writes keys without a fault, so that the connection is open and checked: pgx pings a connection before its second
// use.
func (w *lossyWriter) warmUp() {
	for range 3 {
		w.key++
		w.write(w.t.Ctx, w.pool, w.insert, w.key, func() {})
	}
	w.key++
}

// replyLength writes a key without a fault, and returns how many bytes the server's reply has.
func (w *lossyWriter) replyLength() int {
	var before int
	err := w.write(w.t.Ctx, w.pool, w.insert, w.key, func() { before = w.proxy.BytesForwarded() })
	w.t.Must(err, "write undisturbed")
	return w.proxy.BytesForwarded() - before
}

// lose writes a key, has the fault strike the reply, and cancels the statement's context after a while. It returns the
// statement's error.
func (w *lossyWriter) lose(fault faultproxy.Fault) error {
	ctx, cancel := context.WithCancel(w.t.Ctx)
	defer cancel()
	var cancelled atomic.Pointer[time.Time]
	err := w.write(ctx, w.pool, w.insert, w.key, func() {
		struck := w.proxy.Set(fault)
		go func() {
			if received(ctx, struck) && received(ctx, time.After(cancelDelay(fault.Action))) {
				now := time.Now()
				cancelled.Store(&now)
				cancel()
			}
		}()
	})
	cancel()
	if at := cancelled.Load(); at != nil {
		w.slowest = max(w.slowest, time.Since(*at))
	}
	if silent(fault.Action) { // a fault that has not struck must not silence the statements without a fault
		w.proxy.Set(faultproxy.Fault{})
	}
	return err
}

// received waits until something is received from c, and reports whether that was before the context ended.
func received[V any](ctx context.Context, c <-chan V) bool {
	select {
	case <-c:
		return true
	case <-ctx.Done():
		return false
	}
}

// checkKeys reads the keys that the table has: none may be there twice, and every acknowledged one must be there.
func checkKeys(t *dbtest.T, table string, acknowledged map[int]string) {
	rows, err := t.DB.QueryContext(t.Ctx, "SELECT v, count(*) FROM "+table+" GROUP BY v")
	t.Must(err, "read keys")
	defer rows.Close()
	twice, there := []string{}, map[int]bool{}
	for rows.Next() {
		var key, n int
		t.Must(rows.Scan(&key, &n), "read keys")
		there[key] = true
		if n > 1 {
			twice = append(twice, fmt.Sprintf("%d times, %s", n, cmp.Or(acknowledged[key], "not acknowledged")))
		}
	}
	t.Must(rows.Err(), "read keys")
	lost := []string{}
	for key, how := range acknowledged {
		if !there[key] {
			lost = append(lost, how)
		}
	}
	t.Expect("keys that ran twice, "+t.Key, len(twice) > 0, false)
	t.Expect("keys acknowledged and lost, "+t.Key, len(lost) > 0, false)
	for _, list := range [][]string{twice, lost} {
		if slices.Sort(list); len(list) > 0 {
			t.Errorf("%d keys: %s …", len(list), strings.Join(list[:min(len(list), 5)], "; "))
		}
	}
}
