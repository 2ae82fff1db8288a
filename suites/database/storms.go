package database

import (
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// cancelStorm gives 200 statements deadlines that end before, while and after they run. They are fewer where an emulator
// makes dear that each costs its connection.
func cancelStorm(t *trial) {
	t.sleeps()
	storm, connections := check.Natively(200, 48), check.Natively(16, 8)
	t.db.SetMaxOpenConns(connections)
	t.db.SetMaxIdleConns(connections)
	var warm sync.WaitGroup
	for range connections { // on connections that are there, so that the deadlines strike statements
		warm.Go(func() { t.ask("{sleep 0.1}") })
	}
	warm.Wait()
	before := runtime.NumGoroutine()
	var all sync.WaitGroup
	tickets := make(chan struct{}, connections)
	for i := range storm {
		tickets <- struct{}{}
		all.Go(func() {
			defer func() { <-tickets }()
			ctx, cancel := t.within(time.Duration(5+i%41) * time.Millisecond)
			defer cancel()
			if rows, err := t.db.QueryContext(ctx, t.SQL("{sleep 0.1}")); err == nil {
				rows.Close()
			}
		})
	}
	all.Wait()
	t.saw("connections in use drain", t.until(func() bool { return t.db.Stats().InUse == 0 }), true)
	t.db.SetMaxIdleConns(0)
	t.saw("goroutines end", t.until(func() bool { return runtime.NumGoroutine() <= before+2 }), true)
	t.saw("query after the storm", t.ask("SELECT 1"), "")
}

// until waits for a condition, at most 5 s on an idle machine.
func (t *trial) until(condition func() bool) bool {
	for end := time.Now().Add(patient(5 * time.Second)); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) || t.ctx.Err() != nil {
			return false
		}
	}
	return true
}

// parallelErrors has eight goroutines on two pools cause different errors and right answers side by side.
func parallelErrors(t *trial) {
	table := t.table("v {int} PRIMARY KEY")
	t.exec("INSERT INTO " + table + " VALUES (1)")
	duplicate := t.try("INSERT INTO " + table + " VALUES (1)")
	missing := t.ask("SELECT * FROM xc_no_such_table")
	other := t.open(crowd(t.Dialect, t.dsn))
	turns := check.Natively(25, 8)
	var mixed atomic.Int64
	var all sync.WaitGroup
	for worker := range 8 {
		pool := t.db
		if worker%2 == 1 {
			pool = other
		}
		all.Go(func() {
			for turn := range turns {
				_, err := pool.ExecContext(t.ctx, "INSERT INTO "+table+" VALUES (1)")
				wrong := t.Code(err) != duplicate
				_, err = pool.ExecContext(t.ctx, "SELECT * FROM xc_no_such_table")
				wrong = wrong || t.Code(err) != missing
				var got string
				want := strconv.Itoa(worker*1000 + turn)
				err = pool.QueryRowContext(t.ctx, "SELECT "+want).Scan(&got)
				if wrong || err != nil || got != want {
					mixed.Add(1)
				}
			}
		})
	}
	all.Wait()
	t.saw("different errors", duplicate != missing && duplicate != "" && missing != "", true)
	t.saw("mixed up answers", mixed.Load(), 0)
}
