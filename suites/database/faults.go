package database

import (
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/faultproxy"
	"github.com/xcmatrix/xcmatrix/results/record"
)

var faults = []behaviour{
	{"a killed session costs at most one error", "session-killed", record.High, 0, sessionKilled},
	{"a session killed inside a transaction leaves nothing", "killed-in-transaction", record.Critical, 0, killedInTransaction},
	{"lost replies to a statement without arguments", "at-most-once/plain", record.Critical, 60 * time.Second, atMostOnce(plain, faultproxy.Actions...)},
	{"lost replies to a statement with arguments", "at-most-once/bound", record.Critical, 60 * time.Second, atMostOnce(bound, faultproxy.Actions...)},
	{"lost replies to a prepared statement", "at-most-once/prepared", record.Critical, 60 * time.Second, inPrepared},
	{"lost replies to a query that writes", "at-most-once/query", record.Critical, 60 * time.Second, atMostOnce(queried, faultproxy.Actions...)},
	{"lost replies to a statement on a pinned connection", "at-most-once/pinned", record.Critical, 60 * time.Second, atMostOnce(pinned, faultproxy.Actions...)},
	{"lost replies to a statement in a transaction", "at-most-once/transaction", record.Critical, 60 * time.Second, atMostOnce(transacted, faultproxy.Reset, faultproxy.Close)},
	{"lost replies to a batch", "at-most-once/batch", record.Critical, 60 * time.Second, inBatches},
	{"lost replies over TLS", "at-most-once/tls", record.Critical, 60 * time.Second, overTLS},
	{"lost replies to a commit", "at-most-once/commit", record.Critical, 60 * time.Second, atMostOnce(committed, faultproxy.Reset, faultproxy.Close)},
	{"a commit on a silent line ends when it is given up", "commit-deadline", record.High, 0, commitDeadline},
	{"a result cut between rows ends in an error", "result-cut", record.Critical, 60 * time.Second, resultCut},
	{"eight writers whose sessions are killed: what is acknowledged is there, once", "killed-writers", record.Critical, 60 * time.Second, killedWriters},
	{"eight writers whose server is restarted: what is acknowledged is there, once", "restarted-writers", record.Critical, 60 * time.Second, restartedWriters},
	{"a slow line delivers all", "slow-line", record.High, 60 * time.Second, slowLine},
}
