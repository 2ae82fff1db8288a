package database

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// kill ends a session from another one.
func (t *trial) kill(session int64) {
	t.db.ExecContext(t.ctx, t.SQL("{kill}("+strconv.FormatInt(session, 10)+")"))
}

// killed kills a session and waits until the server has none of that number, as far as it tells.
func (t *trial) killed(session int64) {
	t.kill(session)
	t.until(func() bool {
		var n int
		err := t.db.QueryRowContext(t.ctx, t.SQL("{sessions}"+strconv.FormatInt(session, 10))).Scan(&n)
		return err != nil || n == 0
	})
	time.Sleep(100 * time.Millisecond) // the driver's side learns of it
}

func sessionKilled(t *trial) {
	pool := t.open(t.dsn)
	pool.SetMaxOpenConns(1)
	var session int64
	t.must(pool.QueryRowContext(t.ctx, t.SQL("SELECT {session}")).Scan(&session), "session")
	t.killed(session)
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
	t.killed(session)
	t.saw("insert after the kill fails", t.in(tx, "INSERT INTO "+table+" VALUES (2)") != "", true)
	t.saw("commit after the kill fails", tx.Commit() != nil, true)
	t.saw("rows after the kill", t.count(table), 0)
}

// killedWriters kills the sessions that wrote last, again and again: for two seconds, or, where an emulator makes writing
// dear, until all of them were killed twice.
func killedWriters(t *trial) {
	table := t.table("v {int}, session {bigint}")
	pool := t.open(crowd(t.Dialect, t.dsn))
	pool.SetMaxOpenConns(8)
	insert := t.SQL("INSERT INTO " + table + " SELECT ?, {session}")
	var mu sync.Mutex
	acknowledged := map[int]string{}
	var all sync.WaitGroup
	ctx, cancel := t.within(patient(2 * time.Second))
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
	killed := t.killWriters(ctx, table, check.Natively(math.MaxInt, 16))
	cancel()
	all.Wait()
	t.saw("sessions were killed", killed > 0, true)
	t.saw("writers wrote", len(acknowledged) > 0, true)
	t.once(table, acknowledged)
}

// killWriters kills every session that has written into the table and was not killed yet, until it has killed enough or
// ctx ends.
func (t *trial) killWriters(ctx context.Context, table string, enough int) int {
	gone := map[int64]bool{}
	for ctx.Err() == nil && len(gone) < enough {
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
