// Package transactions has the cases about transactions: that they are atomic and isolated, and that deadlines and
// cancellation end their statements.
package transactions

import (
	"database/sql"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

// Cases are those about a transaction of its own, in the order in which they run.
var Cases = []dbtest.Case{
	{Text: "a transaction commits all or rolls back all", Key: "atomicity",
		Severity: record.Critical, Check: atomicity,
		Source: "ISO/IEC 9075-2: SQL-transactions are atomic"},
	{Text: "an error inside a transaction", Key: "error-in-transaction",
		Severity: record.High, Check: errorInTransaction,
		Source: "PostgreSQL documentation, Appendix A: 25P02, in_failed_sql_transaction"},
	{Text: "a savepoint is rolled back to", Key: "savepoint",
		Severity: record.High, Check: savepoint,
		Source: "ISO/IEC 9075-2: ROLLBACK TO SAVEPOINT"},
	{Text: "DDL then rollback", Key: "ddl-rollback",
		Severity: record.High, Check: ddlRollback,
		Source: "PostgreSQL wiki, Transactional DDL in PostgreSQL"},
	{Text: "isolation levels", Key: "isolation-levels",
		Severity: record.Medium, Check: isolationLevels,
		Source: "Go, database/sql.DB.BeginTx: an unsupported level is an error"},
	{Text: "a read-only transaction refuses to write", Key: "read-only",
		Severity: record.High, Check: readOnly,
		Source: "SQLSTATE 25006, read-only SQL transaction"},
	{Text: "a deadline ends a running statement, on the server too", Key: "deadline",
		Severity: record.Critical, Check: deadline,
		Source: "Go, database/sql.DB.ExecContext and package context"},
	{Text: "a cancelled context starts nothing", Key: "cancelled",
		Severity: record.High, Check: cancelled,
		Source: "Go, database/sql.DB.ExecContext and package context"},
}

func atomicity(t *dbtest.T) {
	table := t.Table("v {int}")
	for _, end := range []struct {
		name string
		do   func(*sql.Tx) error
		want int
	}{{"rollback", (*sql.Tx).Rollback, 0}, {"commit", (*sql.Tx).Commit, 2}} {
		tx := t.Begin(nil)
		t.Expect("inserts before "+end.name, t.TxExecCode(tx, "INSERT INTO "+table+" VALUES (1)")+t.TxExecCode(tx, "INSERT INTO "+table+" VALUES (2)"), "")
		t.Must(end.do(tx), end.name)
		t.Expect("rows after "+end.name, t.CountRows(table), end.want)
	}
}

func errorInTransaction(t *dbtest.T) {
	table := t.Table("v {int} PRIMARY KEY")
	tx := t.Begin(nil)
	defer tx.Rollback()
	t.Expect("first insert", t.TxExecCode(tx, "INSERT INTO "+table+" VALUES (1)"), "")
	t.Expect("insert that fails", t.TxExecCode(tx, "INSERT INTO "+table+" VALUES (1)"), "23505")
	t.Expect("statement after an error", t.TxExecCode(tx, "INSERT INTO "+table+" VALUES (2)"), "25P02")
	t.Expect("commit after an error", t.Code(tx.Commit()), "client")
	t.Expect("rows after an error", t.CountRows(table), 0)
}

func savepoint(t *dbtest.T) {
	table := t.Table("v {int} PRIMARY KEY")
	tx := t.Begin(nil)
	defer tx.Rollback()
	for _, step := range []struct{ query, want string }{
		{"INSERT INTO " + table + " VALUES (1)", ""}, {"SAVEPOINT a", ""},
		{"INSERT INTO " + table + " VALUES (1)", "23505"}, {"ROLLBACK TO SAVEPOINT a", ""},
		{"INSERT INTO " + table + " VALUES (2)", ""},
	} {
		if got := t.TxExecCode(tx, step.query); (got == "") != (step.want == "") {
			t.Fatalf("%s: code %q", step.query, got)
		}
	}
	t.Must(tx.Commit(), "commit")
	t.Expect("rows after a savepoint", t.CountRows(table), 2)
}

func ddlRollback(t *dbtest.T) {
	table := t.TableName()
	tx := t.Begin(nil)
	t.Expect("create in a transaction", t.TxExecCode(tx, "CREATE TABLE "+table+" (v {int})"), "")
	t.Expect("rollback of DDL", t.Code(tx.Rollback()), "")
	t.Expect("table after rollback", t.QueryCode("SELECT * FROM "+table), "42P01")
}

func isolationLevels(t *dbtest.T) {
	for _, level := range []sql.IsolationLevel{sql.LevelDefault, sql.LevelReadUncommitted, sql.LevelReadCommitted,
		sql.LevelRepeatableRead, sql.LevelSnapshot, sql.LevelSerializable, sql.LevelLinearizable} {
		tx, err := t.DB.BeginTx(t.Ctx, &sql.TxOptions{Isolation: level})
		if err == nil {
			err = tx.Rollback()
		}
		t.Expect("isolation "+level.String(), err == nil, level != sql.LevelLinearizable)
	}
}

func readOnly(t *dbtest.T) {
	table := t.Table("v {int}")
	tx := t.Begin(&sql.TxOptions{ReadOnly: true})
	defer tx.Rollback()
	t.Expect("write in a read-only transaction", t.TxExecCode(tx, "INSERT INTO "+table+" VALUES (1)"), "25006")
}

// deadline runs a statement that writes at its end past a deadline, waits until it would have ended, and checks that it
// wrote nothing.
func deadline(t *dbtest.T) {
	t.NeedsSleep()
	var err error
	var table string
	var took time.Duration
	back := dbtest.ReturnsWithin(1500*time.Millisecond, func() time.Duration {
		table = t.Table("v {int}")
		ctx, cancel := t.WithTimeout(300 * time.Millisecond)
		defer cancel()
		took = dbtest.Elapsed(func() { _, err = t.DB.ExecContext(ctx, t.SQL("INSERT INTO "+table+" {sleep 2}")) })
		return took
	})
	t.Expect("code after a deadline", t.Code(err), "deadline")
	t.Expect("back within 1.5 s of a 0.3 s deadline", back, true)
	time.Sleep(2300*time.Millisecond - took)
	t.Expect("rows written by a statement that was given up", t.CountRows(table), 0)
}

// cancelled runs statements with a context that has ended. With such a context the pool itself takes no connection, so
// the driver is called on a connection that is already taken.
func cancelled(t *dbtest.T) {
	table := t.Table("v {int}")
	insert := "INSERT INTO " + table + " VALUES (1)"
	conn, err := t.DB.Conn(t.Ctx)
	t.Must(err, "connect")
	defer conn.Close()
	statement, err := conn.PrepareContext(t.Ctx, insert)
	t.Must(err, "prepare")
	defer statement.Close()
	ctx, cancel := t.WithTimeout(time.Second)
	cancel()
	_, err = t.DB.ExecContext(ctx, insert)
	t.Expect("code of a cancelled context", t.Code(err), "cancelled")
	_, err = conn.ExecContext(ctx, insert)
	t.Expect("a cancelled context on a taken connection is an error", err != nil, true)
	_, err = statement.ExecContext(ctx)
	t.Expect("a cancelled context with a prepared statement is an error", err != nil, true)
	t.Expect("rows after a cancelled context", t.CountRows(table), 0)
}
