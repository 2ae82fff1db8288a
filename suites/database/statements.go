package database

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

var statements = []behaviour{
	{"too few and too many arguments are errors", "argument-count", record.Critical, 0, argumentCount},
	{"a prepared statement serves 16 goroutines", "prepared-concurrency", record.Critical, 60 * time.Second, preparedConcurrency},
	{"LastInsertId", "last-insert-id", record.Medium, 0, lastInsertID},
	{"RowsAffected of an update that changes nothing", "rows-affected", record.Medium, 0, rowsAffected},
	{"two statements in one query", "two-statements", record.High, 0, twoStatements},
	{"codes of violated constraints", "constraint-codes", record.High, 0, constraintCodes},
	{"codes of wrong statements", "statement-codes", record.High, 0, statementCodes},
}

func argumentCount(t *trial) {
	table := t.table("a {int}, b {int}, c {int}")
	insert := "INSERT INTO " + table + " VALUES (?, ?, ?)"
	t.saw("one argument for three placeholders", t.try(insert, 1) != "", true)
	t.saw("four arguments for three placeholders", t.try(insert, 1, 2, 3, 4) != "", true)
	t.saw("rows after a wrong number of arguments", t.count(table), 0)
}

func preparedConcurrency(t *trial) {
	statement, err := t.db.PrepareContext(t.ctx, t.SQL("SELECT CAST(? AS {string}), CAST(? AS {string})"))
	t.must(err, "prepare")
	defer statement.Close()
	t.db.SetMaxOpenConns(8)
	turns := check.Natively(100, 10)
	var bad atomic.Int64
	var all sync.WaitGroup
	for worker := range 16 {
		all.Go(func() {
			for i := range turns {
				a, b := fmt.Sprint("worker ", worker), fmt.Sprint("turn ", i)
				var x, y string
				if err := statement.QueryRowContext(t.ctx, a, b).Scan(&x, &y); err != nil || x != a || y != b {
					bad.Add(1)
				}
			}
		})
	}
	all.Wait()
	t.saw("bad answers", bad.Load(), 0)
}

func lastInsertID(t *trial) {
	result, err := t.db.ExecContext(t.ctx, t.SQL("INSERT INTO "+t.table("id {serial}, v {int}")+" (v) VALUES (1), (2)"))
	t.must(err, "insert")
	id, err := result.LastInsertId()
	t.saw("LastInsertId", coded(id, t.Code(err)), "error client")
}

func rowsAffected(t *trial) {
	table := t.table("id {int}, v {int}")
	t.exec("INSERT INTO " + table + " VALUES (1, 5)")
	result, err := t.db.ExecContext(t.ctx, "UPDATE "+table+" SET v = 5 WHERE id = 1")
	t.must(err, "update")
	n, err := result.RowsAffected()
	t.saw("rows affected by a no-op", coded(n, t.Code(err)), 1)
}

func twoStatements(t *trial) {
	rows, err := t.db.QueryContext(t.ctx, "SELECT 1; SELECT 2")
	if err == nil {
		for rows.Next() {
		}
		err = rows.Err()
		rows.Close()
	}
	t.saw("two statements in one query", t.Code(err), "42601")
}

func constraintCodes(t *trial) {
	parent := t.table("id {int} PRIMARY KEY")
	child := t.table("id {int} PRIMARY KEY, v {int} NOT NULL CHECK (v > 0), p {int}, FOREIGN KEY (p) REFERENCES " + parent + " (id)")
	t.tables[0], t.tables[1] = child, parent // the child has to be dropped first
	t.exec("INSERT INTO " + child + " VALUES (1, 1, NULL)")
	for _, c := range []struct{ name, values, want string }{
		{"unique", "1, 1, NULL", "23505"}, {"not null", "2, NULL, NULL", "23502"},
		{"foreign key", "3, 1, 99", "23503"}, {"check", "4, -1, NULL", "23514"},
	} {
		t.saw("violated "+c.name, t.try("INSERT INTO "+child+" VALUES ("+c.values+")"), c.want)
	}
}

func statementCodes(t *trial) {
	for _, c := range []struct{ name, query, want string }{
		{"syntax", "SELEC 1", "42601"}, {"no such table", "SELECT * FROM xc_no_such_table", "42P01"},
		{"no such column", "SELECT xc_no_such FROM " + t.table("v {int}"), "42703"},
		{"division by zero", "SELECT 1/0", "22012"},
	} {
		t.saw("code of "+c.name, t.ask(c.query), c.want)
	}
}

// ask runs a query to its end and returns the code of its error.
func (t *trial) ask(query string, args ...any) string {
	rows, err := t.db.QueryContext(t.ctx, t.SQL(query), args...)
	if err != nil {
		return t.Code(err)
	}
	defer rows.Close()
	for rows.Next() {
	}
	return t.Code(rows.Err())
}

// timed is how long f takes.
func timed(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}

// within makes a context that ends after d, or with the trial.
func (t *trial) within(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.ctx, d)
}
