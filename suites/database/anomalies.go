package database

import (
	"database/sql"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// The anomalies are those of Berenson et al., "A Critique of ANSI SQL Isolation Levels", 1995.
var anomalies = []behaviour{
	{"a lost update at repeatable read", "lost-update", record.High, 0, lostUpdate},
	{"write skew is prevented at serializable", "write-skew", record.Critical, 0, writeSkew},
	{"no phantom at repeatable read", "phantom", record.High, 0, phantom},
	{"200 cancelled statements leave a pool that works", "cancel-storm", record.High, 60 * time.Second, cancelStorm},
	{"errors of goroutines that work in parallel are their own", "parallel-errors", record.Critical, 60 * time.Second, parallelErrors},
}

func (t *trial) number(tx *sql.Tx, query string) int {
	var n int
	t.must(tx.QueryRowContext(t.ctx, query).Scan(&n), query)
	return n
}

func lostUpdate(t *trial) {
	table := t.table("v {int}")
	t.exec("INSERT INTO " + table + " VALUES (10)")
	level := &sql.TxOptions{Isolation: sql.LevelRepeatableRead}
	one, two := t.begin(level), t.begin(level)
	defer one.Rollback()
	defer two.Rollback()
	read := "SELECT v FROM " + table
	a, b := t.number(one, read), t.number(two, read)
	t.saw("first writer", t.in(one, "UPDATE "+table+" SET v = ?", a+1), "")
	t.must(one.Commit(), "commit")
	t.saw("second writer of a value read before", t.in(two, "UPDATE "+table+" SET v = ?", b+1), "40001")
}

// writeSkew has two transactions each read both rows and change one: at most one may commit. Where reads take locks
// the updates wait for each other, so they run at the same time.
func writeSkew(t *trial) {
	table := t.table("id {int} PRIMARY KEY, v {int}")
	t.exec("INSERT INTO " + table + " VALUES (1, 1), (2, 1)")
	level := &sql.TxOptions{Isolation: sql.LevelSerializable}
	both := []*sql.Tx{t.begin(level), t.begin(level)}
	for _, tx := range both {
		t.number(tx, "SELECT sum(v) FROM "+table)
	}
	var commits atomic.Int64
	var all sync.WaitGroup
	for i, tx := range both {
		all.Go(func() {
			defer tx.Rollback()
			if t.in(tx, "UPDATE "+table+" SET v = 0 WHERE id = "+strconv.Itoa(i+1)) == "" && tx.Commit() == nil {
				commits.Add(1)
			}
		})
	}
	all.Wait()
	t.saw("both transactions of a write skew commit at serializable", commits.Load() > 1, false)
}

func phantom(t *trial) {
	table := t.table("v {int}")
	tx := t.begin(&sql.TxOptions{Isolation: sql.LevelRepeatableRead})
	defer tx.Rollback()
	count := "SELECT count(*) FROM " + table
	before := t.number(tx, count)
	t.exec("INSERT INTO " + table + " VALUES (1)")
	t.saw("rows seen at repeatable read after another's insert", t.number(tx, count)-before, 0)
	t.must(tx.Commit(), "commit")
	t.saw("rows seen after the end", t.count(table), 1)
}
