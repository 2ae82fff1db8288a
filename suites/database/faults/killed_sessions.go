package faults

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// kill asks the server to end a session.
func kill(t *dbtest.T, session int64) {
	t.DB.ExecContext(t.Ctx, t.SQL("{kill}("+strconv.FormatInt(session, 10)+")"))
}

// killAndWait kills a session and waits until the server no longer lists it.
func killAndWait(t *dbtest.T, session int64) {
	kill(t, session)
	t.WaitFor(func() bool {
		var n int
		err := t.DB.QueryRowContext(t.Ctx, t.SQL("{sessions}"+strconv.FormatInt(session, 10))).Scan(&n)
		return err != nil || n == 0
	})
	time.Sleep(100 * time.Millisecond) // until the driver's end of the connection is closed
}

func sessionKilled(t *dbtest.T) {
	pool := t.Pool(t.DSN)
	pool.SetMaxOpenConns(1)
	var session int64
	t.Must(pool.QueryRowContext(t.Ctx, t.SQL("SELECT {session}")).Scan(&session), "session")
	killAndWait(t, session)
	pool.ExecContext(t.Ctx, "SELECT 1") // may report the loss
	var now int64
	err := pool.QueryRowContext(t.Ctx, t.SQL("SELECT {session}")).Scan(&now)
	t.Expect("second statement after a killed session", t.Code(err), "")
	t.Expect("in a new session", now != session, true)
}

func killedInTransaction(t *dbtest.T) {
	table := t.Table("v {int}")
	pool := t.Pool(t.DSN)
	tx, err := pool.BeginTx(t.Ctx, nil)
	t.Must(err, "begin")
	defer tx.Rollback()
	t.Expect("insert before the kill", t.TxExecCode(tx, "INSERT INTO "+table+" VALUES (1)"), "")
	var session int64
	t.Must(tx.QueryRowContext(t.Ctx, t.SQL("SELECT {session}")).Scan(&session), "session")
	killAndWait(t, session)
	t.Expect("insert after the kill fails", t.TxExecCode(tx, "INSERT INTO "+table+" VALUES (2)") != "", true)
	t.Expect("commit after the kill fails", tx.Commit() != nil, true)
	t.Expect("rows after the kill", t.CountRows(table), 0)
}

// killedWriters kills the sessions that write, again and again: for two seconds, or, under an emulator, where writing is
// slow, until 16 of them were killed.
func killedWriters(t *dbtest.T) {
	table := t.Table("v {int}, session {bigint}")
	pool := t.Pool(servers.ManyDSN(t.Dialect, t.DSN))
	pool.SetMaxOpenConns(8)
	insert := t.SQL("INSERT INTO " + table + " SELECT ?, {session}")
	var mu sync.Mutex
	acknowledged := map[int]string{}
	var all sync.WaitGroup
	ctx, cancel := t.WithTimeout(dbtest.ScaleByLoad(2 * time.Second))
	defer cancel()
	for worker := range 8 {
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				key := worker*1_000_000 + n
				if _, err := pool.ExecContext(t.Ctx, insert, key); err == nil {
					mu.Lock()
					acknowledged[key] = fmt.Sprintf("writer %d", worker)
					mu.Unlock()
				}
			}
		})
	}
	n := killWriters(t, ctx, table, check.IfNative(math.MaxInt, 16))
	cancel()
	all.Wait()
	t.Expect("sessions were killed", n > 0, true)
	t.Expect("writers wrote", len(acknowledged) > 0, true)
	checkKeys(t, table, acknowledged)
}

// killWriters kills every session that has written into the table and was not killed yet, until it has killed limit
// sessions or ctx ends. It returns how many it killed.
func killWriters(t *dbtest.T, ctx context.Context, table string, limit int) int {
	killed := map[int64]bool{}
	for ctx.Err() == nil && len(killed) < limit {
		rows, err := t.DB.QueryContext(t.Ctx, "SELECT DISTINCT session FROM "+table)
		t.Must(err, "sessions")
		var fresh []int64
		for rows.Next() {
			var session int64
			if rows.Scan(&session) == nil && !killed[session] {
				fresh = append(fresh, session)
			}
		}
		rows.Close()
		for _, session := range fresh {
			killed[session] = true
			kill(t, session)
		}
		time.Sleep(100 * time.Millisecond)
	}
	return len(killed)
}
