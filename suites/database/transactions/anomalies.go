package transactions

import (
	"database/sql"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

// Anomalies are the cases about two transactions at the same time, in the order in which they run. The anomalies are those
// of Berenson et al., "A Critique of ANSI SQL Isolation Levels", 1995.
var Anomalies = []dbtest.Case{
	{Text: "a lost update at repeatable read", Key: "lost-update",
		Severity: record.High, Check: lostUpdate,
		Source: "PostgreSQL documentation 13.2.2: SQLSTATE 40001 at repeatable read"},
	{Text: "write skew is prevented at serializable", Key: "write-skew",
		Severity: record.Critical, Check: writeSkew,
		Source: "PostgreSQL documentation 13.2.3: serializable"},
	{Text: "no phantom at repeatable read", Key: "phantom",
		Severity: record.High, Check: phantom,
		Source: "PostgreSQL documentation 13.2.2: no phantom read"},
}

// queryInt runs a query in a transaction, and returns the one number that it has as its result.
func queryInt(t *dbtest.T, tx *sql.Tx, query string) int {
	var n int
	t.Must(tx.QueryRowContext(t.Ctx, query).Scan(&n), query)
	return n
}

func lostUpdate(t *dbtest.T) {
	table := t.Table("v {int}")
	t.Exec("INSERT INTO " + table + " VALUES (10)")
	level := &sql.TxOptions{Isolation: sql.LevelRepeatableRead}
	one, two := t.Begin(level), t.Begin(level)
	defer one.Rollback()
	defer two.Rollback()
	read := "SELECT v FROM " + table
	a, b := queryInt(t, one, read), queryInt(t, two, read)
	t.Expect("first writer", t.TxExecCode(one, "UPDATE "+table+" SET v = ?", a+1), "")
	t.Must(one.Commit(), "commit")
	t.Expect("second writer of a value read before", t.TxExecCode(two, "UPDATE "+table+" SET v = ?", b+1), "40001")
}

// writeSkew runs two transactions that each read both rows and change one: at most one may commit. If reads take locks, the
// updates wait for each other, so they run at the same time.
func writeSkew(t *dbtest.T) {
	table := t.Table("id {int} PRIMARY KEY, v {int}")
	t.Exec("INSERT INTO " + table + " VALUES (1, 1), (2, 1)")
	level := &sql.TxOptions{Isolation: sql.LevelSerializable}
	both := []*sql.Tx{t.Begin(level), t.Begin(level)}
	for _, tx := range both {
		queryInt(t, tx, "SELECT sum(v) FROM "+table)
	}
	var commits atomic.Int64
	var all sync.WaitGroup
	for i, tx := range both {
		all.Go(func() {
			defer tx.Rollback()
			if t.TxExecCode(tx, "UPDATE "+table+" SET v = 0 WHERE id = "+strconv.Itoa(i+1)) == "" && tx.Commit() == nil {
				commits.Add(1)
			}
		})
	}
	all.Wait()
	t.Expect("both transactions of a write skew commit at serializable", commits.Load() > 1, false)
}

func phantom(t *dbtest.T) {
	table := t.Table("v {int}")
	tx := t.Begin(&sql.TxOptions{Isolation: sql.LevelRepeatableRead})
	defer tx.Rollback()
	count := "SELECT count(*) FROM " + table
	before := queryInt(t, tx, count)
	t.Exec("INSERT INTO " + table + " VALUES (1)")
	t.Expect("rows seen at repeatable read after another's insert", queryInt(t, tx, count)-before, 0)
	t.Must(tx.Commit(), "commit")
	t.Expect("rows seen after the end", t.CountRows(table), 1)
}
