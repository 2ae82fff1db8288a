package faults

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// restarts is how often the server is ended while the goroutines write.
const restarts = 3

// restartedWriters ends a server without warning while eight goroutines write transactions. The server is the case's own,
// on the machine that the driver runs on, since others may use the server that is named.
func restartedWriters(t *dbtest.T) {
	server := ownServer(t)
	t.DSN = server.Address()
	t.DB = t.Pool(t.DSN)
	t.DB.SetMaxOpenConns(8)
	table := t.Table("v {int}")
	w := writers{insert: t.SQL("INSERT INTO " + table + " VALUES (?)"), acknowledged: map[int]string{}}
	ctx, cancel := context.WithCancel(t.Ctx)
	defer cancel()
	w.start(ctx, t.DB)
	for range restarts {
		before := w.written()
		t.Expect("writers write before the server ends", t.WaitFor(func() bool { return w.written() > before+8 }), true)
		t.Must(server.Restart(t.Ctx), "restart the server")
	}
	before := w.written()
	t.Expect("writers write after the last restart", t.WaitFor(func() bool { return w.written() > before }), true)
	cancel()
	w.all.Wait()
	checkKeys(t, table, w.acknowledged)
	t.Expect("transactions of which half is there", countHalves(t, table), 0)
}

// ownServer starts a server of the dialect that stops at the end of the run.
func ownServer(t *dbtest.T) *daemon.Server {
	throwaway, ok := servers.ThrowawayOf(t.Dialect)
	if !ok {
		t.Skip(record.Say("a server that others may use is not restarted", "不重启可能被他人使用的服务器"))
	}
	dir, err := os.MkdirTemp("", "xcmatrix-restart-")
	t.Must(err, "make a directory")
	server, err := throwaway.StartServer(t.Ctx, dir)
	t.AtEnd(func() {
		if server != nil {
			server.Stop()
		}
		os.RemoveAll(dir)
	})
	var absent *daemon.AbsentError
	if errors.As(err, &absent) {
		t.Skip(record.Sayf("this suite has not started the server and does not stop it, and %s is not installed here, where the driver runs",
			"服务器运行于别处，不由本套件终止；驱动所在的系统未安装 %s", t.Title))
	}
	t.Must(err, "start a server")
	return server
}

// countHalves returns how many transactions have written only one of their two rows, key and -key.
func countHalves(t *dbtest.T, table string) int {
	var n int
	t.Must(t.DB.QueryRowContext(t.Ctx, "SELECT count(*) FROM (SELECT ABS(v) AS k FROM "+table+
		" GROUP BY ABS(v) HAVING SUM(v) <> 0) AS half").Scan(&n), "count halves")
	return n
}

// writers write transactions of two rows each, and remember the acknowledged ones.
type writers struct {
	insert       string
	all          sync.WaitGroup
	mu           sync.Mutex
	acknowledged map[int]string
}

// start starts eight goroutines that write until ctx ends.
func (w *writers) start(ctx context.Context, db *sql.DB) {
	for worker := range 8 {
		w.all.Go(func() {
			for key := worker*1_000_000 + 1; ctx.Err() == nil; key++ {
				if err := execInTx(ctx, db, w.insert, key, func() {}); err != nil {
					time.Sleep(5 * time.Millisecond) // the server is restarting
					continue
				}
				w.mu.Lock()
				w.acknowledged[key] = "acknowledged"
				w.mu.Unlock()
			}
		})
	}
}

// written returns how many transactions are acknowledged so far.
func (w *writers) written() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.acknowledged)
}
