// Package statements has the cases about statements: arguments, results, errors and the limits of what can be sent.
package statements

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

// Cases are all of this package, in the order in which they run.
var Cases = slices.Concat(statements, limits)

var statements = []dbtest.Case{
	{Text: "too few and too many arguments are errors", Key: "argument-count",
		Severity: record.Critical, Check: argumentCount,
		Source: "Go, database/sql/driver.Stmt.NumInput"},
	{Text: "a prepared statement serves 16 goroutines", Key: "prepared-concurrency",
		Severity: record.Critical, Limit: time.Minute, Check: preparedConcurrency,
		Source: "Go, database/sql.Stmt: safe for concurrent use by multiple goroutines"},
	{Text: "LastInsertId", Key: "last-insert-id",
		Severity: record.Medium, Check: lastInsertID,
		Source: "Go, database/sql.Result.LastInsertId: not every database supports it"},
	{Text: "RowsAffected of an update that changes nothing", Key: "rows-affected",
		Severity: record.Medium, Check: rowsAffected,
		Source: "Go, database/sql.Result.RowsAffected"},
	{Text: "two statements in one query", Key: "two-statements",
		Severity: record.High, Check: twoStatements,
		Source: "PostgreSQL documentation, Extended Query: Parse takes one statement; SQLSTATE 42601"},
	{Text: "codes of violated constraints", Key: "constraint-codes",
		Severity: record.High, Check: constraintCodes,
		Source: "SQLSTATE class 23, integrity constraint violation"},
	{Text: "codes of wrong statements", Key: "statement-codes",
		Severity: record.High, Check: statementCodes,
		Source: "SQLSTATE class 42, syntax error or access rule violation; 22012, division by zero"},
}

func argumentCount(t *dbtest.T) {
	table := t.Table("a {int}, b {int}, c {int}")
	insert := "INSERT INTO " + table + " VALUES (?, ?, ?)"
	t.Expect("one argument for three placeholders", t.ExecCode(insert, 1) != "", true)
	t.Expect("four arguments for three placeholders", t.ExecCode(insert, 1, 2, 3, 4) != "", true)
	t.Expect("rows after a wrong number of arguments", t.CountRows(table), 0)
}

func preparedConcurrency(t *dbtest.T) {
	statement, err := t.DB.PrepareContext(t.Ctx, t.SQL("SELECT CAST(? AS {string}), CAST(? AS {string})"))
	t.Must(err, "prepare")
	defer statement.Close()
	t.DB.SetMaxOpenConns(8)
	turns := check.IfNative(100, 10)
	var bad atomic.Int64
	var all sync.WaitGroup
	for worker := range 16 {
		all.Go(func() {
			for i := range turns {
				a, b := fmt.Sprint("worker ", worker), fmt.Sprint("turn ", i)
				var x, y string
				if err := statement.QueryRowContext(t.Ctx, a, b).Scan(&x, &y); err != nil || x != a || y != b {
					bad.Add(1)
				}
			}
		})
	}
	all.Wait()
	t.Expect("bad answers", bad.Load(), 0)
}

func lastInsertID(t *dbtest.T) {
	result, err := t.DB.ExecContext(t.Ctx, t.SQL("INSERT INTO "+t.Table("id {serial}, v {int}")+" (v) VALUES (1), (2)"))
	t.Must(err, "insert")
	id, err := result.LastInsertId()
	t.Expect("LastInsertId", dbtest.ValueOrCode(id, t.Code(err)), "error client")
}

func rowsAffected(t *dbtest.T) {
	table := t.Table("id {int}, v {int}")
	t.Exec("INSERT INTO " + table + " VALUES (1, 5)")
	result, err := t.DB.ExecContext(t.Ctx, "UPDATE "+table+" SET v = 5 WHERE id = 1")
	t.Must(err, "update")
	n, err := result.RowsAffected()
	t.Expect("rows affected by a no-op", dbtest.ValueOrCode(n, t.Code(err)), 1)
}

func twoStatements(t *dbtest.T) {
	rows, err := t.DB.QueryContext(t.Ctx, "SELECT 1; SELECT 2")
	if err == nil {
		for rows.Next() {
		}
		err = rows.Err()
		rows.Close()
	}
	t.Expect("two statements in one query", t.Code(err), "42601")
}

func constraintCodes(t *dbtest.T) {
	parent := t.Table("id {int} PRIMARY KEY")
	child := t.Table("id {int} PRIMARY KEY, v {int} NOT NULL CHECK (v > 0), p {int}, FOREIGN KEY (p) REFERENCES " + parent + " (id)")
	t.Exec("INSERT INTO " + child + " VALUES (1, 1, NULL)")
	for _, c := range []struct{ name, values, want string }{
		{"unique", "1, 1, NULL", "23505"}, {"not null", "2, NULL, NULL", "23502"},
		{"foreign key", "3, 1, 99", "23503"}, {"check", "4, -1, NULL", "23514"},
	} {
		t.Expect("violated "+c.name, t.ExecCode("INSERT INTO "+child+" VALUES ("+c.values+")"), c.want)
	}
}

func statementCodes(t *dbtest.T) {
	for _, c := range []struct{ name, query, want string }{
		{"syntax", "SELEC 1", "42601"}, {"no such table", "SELECT * FROM xc_no_such_table", "42P01"},
		{"no such column", "SELECT xc_no_such FROM " + t.Table("v {int}"), "42703"},
		{"division by zero", "SELECT 1/0", "22012"},
	} {
		t.Expect("code of "+c.name, t.QueryCode(c.query), c.want)
	}
}
