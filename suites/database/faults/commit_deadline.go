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
	silent := []faultproxy.Action{faultproxy.BlackHole, faultproxy.HalfOpen}
	ended := map[faultproxy.Action]chan error{}
	for _, action := range silent {
		p, pool := connections.Proxied(t)
		ctx, cancel := context.WithCancel(t.Ctx)
		defer cancel()
		tx, err := pool.BeginTx(ctx, nil)
		t.Must(err, "begin")
		t.TxExecCode(tx, "INSERT INTO "+table+" VALUES (1)")
		p.Set(faultproxy.Fault{Action: action})
		time.AfterFunc(cancelDelay(action), cancel)
		result := make(chan error, 1)
		ended[action] = result
		go func() { result <- tx.Commit() }()
	}
	waiting, cancel := t.WithTimeout(dbtest.ScaleByLoad(3 * time.Second))
	defer cancel()
	for _, action := range silent {
		select {
		case err := <-ended[action]:
			t.Expect("commit on a line that is "+string(action), err != nil, true)
		case <-waiting.Done():
			t.Expect("commit on a line that is "+string(action), "hangs", true)
		}
	}
}
