// Package faults has the cases about what a driver does when something breaks: statements cancelled, sessions killed,
// replies lost, the server restarted, the network slow or silent.
package faults

import (
	"slices"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/faultproxy"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

// Cases returns all of this package for a dialect, in the order in which they run.
func Cases(d *dialect.Dialect) []dbtest.Case { return slices.Concat(faults, statementModes(d)) }

// errBadConnSource is the source of the cases about lost replies.
const errBadConnSource = "Go, database/sql/driver.ErrBadConn: not returned if the server may have performed the operation"

var faults = []dbtest.Case{
	{Text: "200 cancelled statements leave a pool that works", Key: "cancel-storm",
		Severity: record.High, Limit: time.Minute, Check: cancelStorm,
		Source: "Go, database/sql.DB.QueryContext and package context"},
	{Text: "errors of goroutines that work in parallel are their own", Key: "parallel-errors",
		Severity: record.Critical, Limit: time.Minute, Check: parallelErrors,
		Source: "Go, database/sql.DB: safe for concurrent use by multiple goroutines"},
	{Text: "a killed session costs at most one error", Key: "session-killed",
		Severity: record.High, Check: sessionKilled,
		Source: "Go, database/sql/driver.ErrBadConn: the next statement gets another connection"},
	{Text: "a session killed inside a transaction leaves nothing", Key: "killed-in-transaction",
		Severity: record.Critical, Check: killedInTransaction,
		Source: "ISO/IEC 9075-2: SQL-transactions are atomic"},
	{Text: "lost replies to a statement without arguments", Key: "at-most-once/plain",
		Severity: record.Critical, Limit: time.Minute, Check: loseReplies(execLiteral, faultproxy.Actions...),
		Source: errBadConnSource},
	{Text: "lost replies to a statement with arguments", Key: "at-most-once/bound",
		Severity: record.Critical, Limit: time.Minute, Check: loseReplies(execArgs, faultproxy.Actions...),
		Source: errBadConnSource},
	{Text: "lost replies to a prepared statement", Key: "at-most-once/prepared",
		Severity: record.Critical, Limit: time.Minute, Check: loseRepliesPrepared,
		Source: errBadConnSource},
	{Text: "lost replies to a query that writes", Key: "at-most-once/query",
		Severity: record.Critical, Limit: time.Minute, Check: loseReplies(query, faultproxy.Actions...),
		Source: errBadConnSource},
	{Text: "lost replies to a statement on a pinned connection", Key: "at-most-once/pinned",
		Severity: record.Critical, Limit: time.Minute, Check: loseReplies(execPinned, faultproxy.Actions...),
		Source: errBadConnSource},
	{Text: "lost replies to a statement in a transaction", Key: "at-most-once/transaction",
		Severity: record.Critical, Limit: time.Minute, Check: loseReplies(execInTx, faultproxy.Reset, faultproxy.Close),
		Source: errBadConnSource},
	{Text: "lost replies to a batch", Key: "at-most-once/batch",
		Severity: record.Critical, Limit: time.Minute, Check: loseRepliesBatch,
		Source: errBadConnSource},
	{Text: "lost replies over TLS", Key: "at-most-once/tls",
		Severity: record.Critical, Limit: time.Minute, Check: loseRepliesTLS,
		Source: errBadConnSource},
	{Text: "lost replies to a commit", Key: "at-most-once/commit",
		Severity: record.Critical, Limit: time.Minute, Check: loseReplies(commit, faultproxy.Reset, faultproxy.Close),
		Source: errBadConnSource},
	{Text: "a commit on a silent line ends when it is given up", Key: "commit-deadline",
		Severity: record.High, Check: commitDeadline,
		Source: "Go, database/sql.DB.BeginTx: the context is used until the transaction ends"},
	{Text: "a result cut between rows ends in an error", Key: "result-cut",
		Severity: record.Critical, Limit: time.Minute, Check: resultCut,
		Source: "Go, database/sql.Rows.Err"},
	{Text: "eight writers whose sessions are killed: what is acknowledged is there, once", Key: "killed-writers",
		Severity: record.Critical, Limit: time.Minute, Check: killedWriters,
		Source: "ISO/IEC 9075-2: a committed change is persistent"},
	{Text: "eight writers whose server is restarted: what is acknowledged is there, once", Key: "restarted-writers",
		Severity: record.Critical, Limit: time.Minute, Check: restartedWriters,
		Source: "PostgreSQL documentation, Reliability: a committed transaction survives a crash"},
	{Text: "a slow line delivers all", Key: "slow-line",
		Severity: record.High, Limit: time.Minute, Check: slowLine,
		Source: "RFC 9293 §2.2: TCP is a reliable, in-order byte stream"},
}
