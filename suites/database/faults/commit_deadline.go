package faults

import (
	"context"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/faultproxy"
	"github.com/xcmatrix/xcmatrix/suites/database/connections"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

// commitDeadline loses the reply to a commit on lines that stay silent, both at the same time, and cancels the context.
func commitDeadline(t *dbtest.T) {
	table := t.Table("v {int}")
	lines := map[faultproxy.Action]*silentLine{}
	silent := []faultproxy.Action{faultproxy.BlackHole, faultproxy.HalfOpen}
	for _, action := range silent {
		lines[action] = loseCommit(t, table, action)
	}
	for _, action := range silent {
		if lines[action].waitForCommit(t) {
			t.Expect("commit on a line that is "+string(action), lines[action].err != nil, true)
		} else {
			t.Expect("commit on a line that is "+string(action), "hangs", true)
		}
	}
}

// A silentLine has a commit and a statement that wait for replies which never come. Their context is cancelled.
type silentLine struct {
	commit, statement chan error // each gets what the driver returned
	err               error      // of the commit
}

// loseCommit starts a commit and, through another proxy, a statement, loses the replies to both by action, and cancels their context.
func loseCommit(t *dbtest.T, table string, action faultproxy.Action) *silentLine {
	ctx, cancel := context.WithCancel(t.Ctx)
	t.AtEnd(cancel)
	p, pool := connections.Proxied(t)
	tx, err := pool.BeginTx(ctx, nil)
	t.Must(err, "begin")
	t.TxExecCode(tx, "INSERT INTO "+table+" VALUES (1)")
	other, otherPool := connections.Proxied(t)
	t.Must(otherPool.PingContext(t.Ctx), "another connection")
	p.Set(faultproxy.Fault{Action: action})
	other.Set(faultproxy.Fault{Action: action})
	time.AfterFunc(cancelDelay(action), cancel)
	l := &silentLine{commit: make(chan error, 1), statement: make(chan error, 1)}
	go func() { l.commit <- tx.Commit() }()
	go func() {
		_, err := otherPool.ExecContext(ctx, "INSERT INTO "+table+" VALUES (2)")
		l.statement <- err
	}()
	return l
}

// waitForCommit waits for the commit's end, and returns false if it hangs. The statement shows how long the driver needs here to
// give up: when it has ended, the commit gets as long again ten times, and a second at least. If the driver does not give up the
// statement either, the commit gets three seconds, more on a busy machine and under an emulator.
func (l *silentLine) waitForCommit(t *dbtest.T) bool {
	start := time.Now()
	limit := time.After(dbtest.ScaleByLoad(3 * time.Second))
	statement := l.statement
	for {
		select {
		case l.err = <-l.commit:
			return true
		case <-statement:
			statement = nil
			limit = time.After(max(10*time.Since(start), time.Second))
		case <-limit:
			return false
		case <-t.Ctx.Done():
			return false
		}
	}
}
