package faults

import (
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// cancelStorm runs 200 statements whose deadlines end before, while and after the statements run. Under an emulator they
// are fewer, since each cancelled statement costs a connection.
func cancelStorm(t *dbtest.T) {
	t.NeedsSleep()
	statements, connections := check.IfNative(200, 48), check.IfNative(16, 8)
	t.DB.SetMaxOpenConns(connections)
	t.DB.SetMaxIdleConns(connections)
	var warm sync.WaitGroup
	for range connections { // open all connections first, so that the deadlines end statements and no logins
		warm.Go(func() { t.QueryCode("{sleep 0.1}") })
	}
	warm.Wait()
	before := runtime.NumGoroutine()
	var all sync.WaitGroup
	tickets := make(chan struct{}, connections)
	for i := range statements {
		tickets <- struct{}{}
		all.Go(func() {
			defer func() { <-tickets }()
			ctx, cancel := t.WithTimeout(time.Duration(5+i%41) * time.Millisecond)
			defer cancel()
			if rows, err := t.DB.QueryContext(ctx, t.SQL("{sleep 0.1}")); err == nil {
				rows.Close()
			}
		})
	}
	all.Wait()
	t.Expect("connections in use drain", t.WaitFor(func() bool { return t.DB.Stats().InUse == 0 }), true)
	t.DB.SetMaxIdleConns(0)
	t.Expect("goroutines end", t.WaitFor(func() bool { return runtime.NumGoroutine() <= before+2 }), true)
	t.Expect("query after the storm", t.QueryCode("SELECT 1"), "")
}

// parallelErrors has eight goroutines on two pools cause different errors and right answers at the same time.
func parallelErrors(t *dbtest.T) {
	table := t.Table("v {int} PRIMARY KEY")
	t.Exec("INSERT INTO " + table + " VALUES (1)")
	duplicate := t.ExecCode("INSERT INTO " + table + " VALUES (1)")
	missing := t.QueryCode("SELECT * FROM xc_no_such_table")
	other := t.Pool(servers.ManyDSN(t.Dialect, t.DSN))
	rounds := check.IfNative(25, 8)
	var mixed atomic.Int64
	var all sync.WaitGroup
	for worker := range 8 {
		pool := t.DB
		if worker%2 == 1 {
			pool = other
		}
		all.Go(func() {
			for round := range rounds {
				_, err := pool.ExecContext(t.Ctx, "INSERT INTO "+table+" VALUES (1)")
				wrong := t.Code(err) != duplicate
				_, err = pool.ExecContext(t.Ctx, "SELECT * FROM xc_no_such_table")
				wrong = wrong || t.Code(err) != missing
				var got string
				want := strconv.Itoa(worker*1000 + round)
				err = pool.QueryRowContext(t.Ctx, "SELECT "+want).Scan(&got)
				if wrong || err != nil || got != want {
					mixed.Add(1)
				}
			}
		})
	}
	all.Wait()
	t.Expect("different errors", duplicate != missing && duplicate != "" && missing != "", true)
	t.Expect("mixed up answers", mixed.Load(), 0)
}
