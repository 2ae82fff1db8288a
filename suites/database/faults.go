package database

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/proxy"
	"github.com/xcmatrix/xcmatrix/results/record"
)

var faults = []behaviour{
	{"a killed session costs at most one error", "session-killed", record.High, 0, sessionKilled},
	{"a session killed inside a transaction leaves nothing", "killed-in-transaction", record.Critical, 0, killedInTransaction},
	{"lost replies to a statement without arguments", "at-most-once/plain", record.Critical, 60 * time.Second, atMostOnce(plain, proxy.Actions...)},
	{"lost replies to a statement with arguments", "at-most-once/bound", record.Critical, 60 * time.Second, atMostOnce(bound, proxy.Actions...)},
	{"lost replies to a prepared statement", "at-most-once/prepared", record.Critical, 60 * time.Second, atMostOnce(prepared, proxy.Actions...)},
	{"lost replies to a query that writes", "at-most-once/query", record.Critical, 60 * time.Second, atMostOnce(queried, proxy.Actions...)},
	{"lost replies to a commit", "at-most-once/commit", record.Critical, 60 * time.Second, atMostOnce(committed, proxy.Reset, proxy.Close)},
	{"a commit on a silent line ends when it is given up", "commit-deadline", record.High, 0, commitDeadline},
	{"a result cut between rows ends in an error", "result-cut", record.Critical, 60 * time.Second, resultCut},
	{"eight writers whose sessions are killed: what is acknowledged is there, once", "killed-writers", record.Critical, 60 * time.Second, killedWriters},
	{"a slow line delivers all", "slow-line", record.High, 60 * time.Second, slowLine},
}

// proxied is a pool whose bytes pass a proxy.
func (t *trial) proxied() (*proxy.Proxy, *sql.DB) {
	network, address, err := t.Address(t.dsn)
	t.must(err, "the server's address")
	p, err := proxy.New(network, address)
	t.must(err, "a proxy")
	t.closers = append(t.closers, p.Close)
	dsn, err := t.Via(t.dsn, p.Addr())
	t.must(err, "the proxy's address")
	return p, t.open(dsn)
}

// kill ends a session from another one.
func (t *trial) kill(session int64) {
	t.db.ExecContext(t.ctx, t.SQL("{kill}("+strconv.FormatInt(session, 10)+")"))
}

func sessionKilled(t *trial) {
	pool := t.open(t.dsn)
	pool.SetMaxOpenConns(1)
	var session int64
	t.must(pool.QueryRowContext(t.ctx, t.SQL("SELECT {session}")).Scan(&session), "session")
	t.kill(session)
	time.Sleep(100 * time.Millisecond)
	pool.ExecContext(t.ctx, "SELECT 1") // may report the loss
	var now int64
	err := pool.QueryRowContext(t.ctx, t.SQL("SELECT {session}")).Scan(&now)
	t.saw("second statement after a killed session", t.Code(err), "")
	t.saw("in a new session", now != session, true)
}

func killedInTransaction(t *trial) {
	table := t.table("v {int}")
	pool := t.open(t.dsn)
	tx, err := pool.BeginTx(t.ctx, nil)
	t.must(err, "begin")
	defer tx.Rollback()
	t.saw("insert before the kill", t.in(tx, "INSERT INTO "+table+" VALUES (1)"), "")
	var session int64
	t.must(tx.QueryRowContext(t.ctx, t.SQL("SELECT {session}")).Scan(&session), "session")
	t.kill(session)
	time.Sleep(100 * time.Millisecond)
	t.saw("insert after the kill fails", t.in(tx, "INSERT INTO "+table+" VALUES (2)") != "", true)
	t.saw("commit after the kill fails", tx.Commit() != nil, true)
	t.saw("rows after the kill", t.count(table), 0)
}

// way is one way to run an insert of a key. It calls arm right before the step whose reply gets lost.
type way func(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error

func plain(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	arm()
	literal := insert[:strings.LastIndexByte(insert, '(')+1] + strconv.Itoa(key) + ")"
	_, err := db.ExecContext(ctx, literal)
	return err
}

func bound(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	arm()
	_, err := db.ExecContext(ctx, insert, key)
	return err
}

func prepared(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	statement, err := db.PrepareContext(ctx, insert)
	if err != nil {
		return err
	}
	defer statement.Close()
	arm()
	_, err = statement.ExecContext(ctx, key)
	return err
}

func queried(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	arm()
	rows, err := db.QueryContext(ctx, insert, key)
	if err != nil {
		return err
	}
	rows.Next()
	rows.Close()
	return rows.Err()
}

func committed(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, insert, key); err != nil {
		return err
	}
	arm()
	return tx.Commit()
}

// patience is when a statement whose reply gets lost is given up.
const patience = 150 * time.Millisecond

// offsets is after how many bytes of the reply each action strikes: up to ten, fewer where each costs the deadline.
func offsets(a proxy.Action) int {
	if a == proxy.Hole || a == proxy.HalfOpen {
		return 3
	}
	return 10
}

// atMostOnce loses the server's reply at each of its first bytes, by every action: nothing may run twice, and what is
// acknowledged must be there.
func atMostOnce(run way, actions ...proxy.Action) func(*trial) {
	return func(t *trial) {
		table := t.table("v {int}")
		insert := t.SQL("INSERT INTO " + table + " VALUES (?)")
		p, pool := t.proxied()
		pool.SetMaxOpenConns(1)
		key, planned, slowest, acknowledged := 0, 0, time.Duration(0), map[int]string{}
		for _, action := range actions {
			for after := range offsets(action) {
				for range 3 { // warm: pgx pings a connection before its second use
					key++
					run(t.ctx, pool, insert, key, func() {})
				}
				key++
				planned++
				ctx, cancel := context.WithCancel(t.ctx)
				var armed time.Time
				err := run(ctx, pool, insert, key, func() {
					armed = time.Now()
					p.Set(proxy.Fault{Action: action, After: after})
					time.AfterFunc(patience, cancel)
				})
				cancel()
				slowest = max(slowest, time.Since(armed))
				if err == nil {
					acknowledged[key] = fmt.Sprintf("%s after %d bytes", action, after)
				}
			}
		}
		t.saw("faults that struck, "+t.what, p.Struck(), planned)
		t.saw("nobody is held when patience ends, "+t.what, slowest < patience+5*time.Second, true)
		time.Sleep(patience) // the last one may still be on its way
		t.once(table, acknowledged)
	}
}

// commitDeadline loses the reply to a commit on a line that says nothing more.
func commitDeadline(t *trial) {
	table := t.table("v {int}")
	for _, action := range []proxy.Action{proxy.Hole, proxy.HalfOpen} {
		p, pool := t.proxied()
		ctx, cancel := context.WithCancel(t.ctx)
		tx, err := pool.BeginTx(ctx, nil)
		t.must(err, "begin")
		t.in(tx, "INSERT INTO "+table+" VALUES (1)")
		p.Set(proxy.Fault{Action: action})
		time.AfterFunc(patience, cancel)
		back := make(chan error, 1)
		go func() { back <- tx.Commit() }()
		select {
		case err := <-back:
			t.saw("commit on a line that is "+string(action), err != nil, true)
		case <-time.After(3 * time.Second):
			t.saw("commit on a line that is "+string(action), "hangs", true)
		}
		cancel()
		p.Close() // what still waits for the line ends now
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
	for _, action := range proxy.Actions {
		for _, after := range []int{150, 5000, 30000, 90000} {
			pool.PingContext(t.ctx)
			pool.PingContext(t.ctx)
			ctx, cancel := t.within(300 * time.Millisecond)
			p.Set(proxy.Fault{Action: action, After: after})
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
			p.Set(proxy.Fault{})
		}
	}
}

// killedWriters kills the sessions that wrote last, again and again.
func killedWriters(t *trial) {
	table := t.table("v {int}, session {bigint}")
	pool := t.open(t.dsn)
	pool.SetMaxOpenConns(8)
	insert := t.SQL("INSERT INTO " + table + " SELECT ?, {session}")
	var mu sync.Mutex
	acknowledged := map[int]string{}
	var all sync.WaitGroup
	ctx, cancel := t.within(2 * time.Second)
	defer cancel()
	for worker := range 8 {
		all.Go(func() {
			for turn := 0; ctx.Err() == nil; turn++ {
				key := worker*1_000_000 + turn
				if _, err := pool.ExecContext(t.ctx, insert, key); err == nil {
					mu.Lock()
					acknowledged[key] = fmt.Sprintf("writer %d", worker)
					mu.Unlock()
				}
			}
		})
	}
	killed := t.killWriters(ctx, table)
	all.Wait()
	t.saw("sessions were killed", killed > 0, true)
	t.saw("writers wrote", len(acknowledged) > 0, true)
	t.once(table, acknowledged)
}

// killWriters kills every session that has written into the table and was not killed yet, until ctx ends.
func (t *trial) killWriters(ctx context.Context, table string) int {
	gone := map[int64]bool{}
	for ctx.Err() == nil {
		rows, err := t.db.QueryContext(t.ctx, "SELECT DISTINCT session FROM "+table)
		t.must(err, "sessions")
		var fresh []int64
		for rows.Next() {
			var session int64
			if rows.Scan(&session) == nil && !gone[session] {
				fresh = append(fresh, session)
			}
		}
		rows.Close()
		for _, session := range fresh {
			gone[session] = true
			t.kill(session)
		}
		time.Sleep(100 * time.Millisecond)
	}
	return len(gone)
}

func slowLine(t *trial) {
	table := t.fill(500)
	for _, fault := range []proxy.Fault{{Latency: 20 * time.Millisecond}, {Bandwidth: 100 << 10}} {
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
