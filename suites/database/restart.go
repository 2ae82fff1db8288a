package database

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// restarts is how often the server is ended under its writers.
const restarts = 3

// restartedWriters ends a server without warning under eight writers of transactions. It is one of the trial's own, on
// the machine that the driver runs on, since others may use the one that is named.
func restartedWriters(t *trial) {
	server := t.ownServer()
	t.dsn = server.Address()
	t.db = t.open(t.dsn)
	t.db.SetMaxOpenConns(8)
	table := t.table("v {int}")
	w := writers{insert: t.SQL("INSERT INTO " + table + " VALUES (?)"), acknowledged: map[int]string{}}
	ctx, cancel := context.WithCancel(t.ctx)
	defer cancel()
	w.start(ctx, t.db)
	for range restarts {
		before := w.written()
		t.saw("writers write before the server ends", t.until(func() bool { return w.written() > before+8 }), true)
		t.must(server.Restart(t.ctx), "restart the server")
	}
	before := w.written()
	t.saw("writers write after the last restart", t.until(func() bool { return w.written() > before }), true)
	cancel()
	w.all.Wait()
	t.once(table, w.acknowledged)
	t.saw("transactions of which half is there", t.halves(table), 0)
}

// ownServer starts a server of the dialect that lives as long as the trial.
func (t *trial) ownServer() *daemon.Server {
	for _, s := range throwaways {
		if s.dialect.Name != t.Name {
			continue
		}
		dir, err := os.MkdirTemp("", "xcmatrix-restart-")
		t.must(err, "make a directory")
		t.closers = append(t.closers, func() { os.RemoveAll(dir) })
		server, err := s.start(t.ctx, dir)
		var absent *daemon.AbsentError
		if errors.As(err, &absent) {
			t.skip(record.Sayf("the server runs elsewhere and is not this suite's to end, and %s is not installed here, where the driver runs",
				"服务器运行于别处，不由本套件终止；驱动所在的系统未安装 %s", t.Title))
		}
		t.must(err, "start a server")
		t.closers = append([]func(){server.Stop}, t.closers...)
		return server
	}
	t.skip(record.Say("a server that others may use is not restarted", "不重启可能被他人使用的服务器"))
	return nil
}

// halves is how many transactions have written one of their two rows, key and -key.
func (t *trial) halves(table string) int {
	var n int
	t.must(t.db.QueryRowContext(t.ctx, "SELECT count(*) FROM (SELECT ABS(v) AS k FROM "+table+
		" GROUP BY ABS(v) HAVING SUM(v) <> 0) AS half").Scan(&n), "count halves")
	return n
}

// writers write transactions of two rows each, and keep which of them were acknowledged.
type writers struct {
	insert       string
	all          sync.WaitGroup
	mu           sync.Mutex
	acknowledged map[int]string
}

func (w *writers) start(ctx context.Context, db *sql.DB) {
	for worker := range 8 {
		w.all.Go(func() {
			for key := worker*1_000_000 + 1; ctx.Err() == nil; key++ {
				if err := transacted(ctx, db, w.insert, key, func() {}); err != nil {
					time.Sleep(5 * time.Millisecond) // the server is away
					continue
				}
				w.mu.Lock()
				w.acknowledged[key] = "acknowledged"
				w.mu.Unlock()
			}
		})
	}
}

func (w *writers) written() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.acknowledged)
}
