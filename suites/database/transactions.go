package database

import (
	"database/sql"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/faultproxy"
	"github.com/xcmatrix/xcmatrix/results/record"
)

var transactions = []behaviour{
	{"a transaction commits all or rolls back all", "atomicity", record.Critical, 0, atomicity},
	{"an error inside a transaction", "error-in-transaction", record.High, 0, errorInTransaction},
	{"a savepoint is rolled back to", "savepoint", record.High, 0, savepoint},
	{"DDL then rollback", "ddl-rollback", record.High, 0, ddlRollback},
	{"isolation levels", "isolation-levels", record.Medium, 0, isolationLevels},
	{"a read-only transaction refuses to write", "read-only", record.High, 0, readOnly},
	{"a deadline ends a running statement, on the server too", "deadline", record.Critical, 0, deadline},
	{"a cancelled context starts nothing", "cancelled", record.High, 0, cancelled},
	{"a busy pool respects a deadline", "busy-pool", record.High, 0, busyPool},
}

func (t *trial) begin(options *sql.TxOptions) *sql.Tx {
	tx, err := t.db.BeginTx(t.ctx, options)
	t.must(err, "begin")
	return tx
}

// in runs a statement inside a transaction and returns the code of its error.
func (t *trial) in(tx *sql.Tx, query string, args ...any) string {
	_, err := tx.ExecContext(t.ctx, t.SQL(query), args...)
	return t.Code(err)
}

func atomicity(t *trial) {
	table := t.table("v {int}")
	for _, end := range []struct {
		name string
		do   func(*sql.Tx) error
		want int
	}{{"rollback", (*sql.Tx).Rollback, 0}, {"commit", (*sql.Tx).Commit, 2}} {
		tx := t.begin(nil)
		t.saw("inserts before "+end.name, t.in(tx, "INSERT INTO "+table+" VALUES (1)")+t.in(tx, "INSERT INTO "+table+" VALUES (2)"), "")
		t.must(end.do(tx), end.name)
		t.saw("rows after "+end.name, t.count(table), end.want)
	}
}

func errorInTransaction(t *trial) {
	table := t.table("v {int} PRIMARY KEY")
	tx := t.begin(nil)
	defer tx.Rollback()
	t.saw("first insert", t.in(tx, "INSERT INTO "+table+" VALUES (1)"), "")
	t.saw("insert that fails", t.in(tx, "INSERT INTO "+table+" VALUES (1)"), "23505")
	t.saw("statement after an error", t.in(tx, "INSERT INTO "+table+" VALUES (2)"), "25P02")
	t.saw("commit after an error", t.Code(tx.Commit()), "client")
	t.saw("rows after an error", t.count(table), 0)
}

func savepoint(t *trial) {
	table := t.table("v {int} PRIMARY KEY")
	tx := t.begin(nil)
	defer tx.Rollback()
	for _, step := range []struct{ query, want string }{
		{"INSERT INTO " + table + " VALUES (1)", ""}, {"SAVEPOINT a", ""},
		{"INSERT INTO " + table + " VALUES (1)", "23505"}, {"ROLLBACK TO SAVEPOINT a", ""},
		{"INSERT INTO " + table + " VALUES (2)", ""},
	} {
		if got := t.in(tx, step.query); (got == "") != (step.want == "") {
			t.stop("%s: code %q", step.query, got)
		}
	}
	t.must(tx.Commit(), "commit")
	t.saw("rows after a savepoint", t.count(table), 2)
}

func ddlRollback(t *trial) {
	table := t.name()
	tx := t.begin(nil)
	t.saw("create in a transaction", t.in(tx, "CREATE TABLE "+table+" (v {int})"), "")
	t.saw("rollback of DDL", t.Code(tx.Rollback()), "")
	t.saw("table after rollback", t.ask("SELECT * FROM "+table), "42P01")
}

func isolationLevels(t *trial) {
	for _, level := range []sql.IsolationLevel{sql.LevelDefault, sql.LevelReadUncommitted, sql.LevelReadCommitted,
		sql.LevelRepeatableRead, sql.LevelSnapshot, sql.LevelSerializable, sql.LevelLinearizable} {
		tx, err := t.db.BeginTx(t.ctx, &sql.TxOptions{Isolation: level})
		if err == nil {
			err = tx.Rollback()
		}
		t.saw("isolation "+level.String(), err == nil, level != sql.LevelLinearizable)
	}
}

func readOnly(t *trial) {
	table := t.table("v {int}")
	tx := t.begin(&sql.TxOptions{ReadOnly: true})
	defer tx.Rollback()
	t.saw("write in a read-only transaction", t.in(tx, "INSERT INTO "+table+" VALUES (1)"), "25006")
}

// deadline lets a statement that writes at its end run into a deadline, waits until it would have ended, and looks
// whether it wrote.
func deadline(t *trial) {
	t.sleeps()
	var err error
	var table string
	var took time.Duration
	back := prompt(1500*time.Millisecond, func() time.Duration {
		table = t.table("v {int}")
		ctx, cancel := t.within(300 * time.Millisecond)
		defer cancel()
		took = timed(func() { _, err = t.db.ExecContext(ctx, t.SQL("INSERT INTO "+table+" {sleep 2}")) })
		return took
	})
	t.saw("code after a deadline", t.Code(err), "deadline")
	t.saw("back within 1.5 s of a 0.3 s deadline", back, true)
	time.Sleep(2300*time.Millisecond - took)
	t.saw("rows written by a statement that was given up", t.count(table), 0)
}

// sleeps skips where no statement is known that takes a while.
func (t *trial) sleeps() {
	if t.Words["sleep 2"] == "" {
		t.skip(record.Sayf("%s has no statement that only waits", "%s 没有仅用于等待的语句", t.Title))
	}
}

// cancelled gives statements a context that has ended. The pool itself refuses to take a connection for one, so the
// driver is asked on a connection that is already taken.
func cancelled(t *trial) {
	table := t.table("v {int}")
	insert := "INSERT INTO " + table + " VALUES (1)"
	conn, err := t.db.Conn(t.ctx)
	t.must(err, "connect")
	defer conn.Close()
	statement, err := conn.PrepareContext(t.ctx, insert)
	t.must(err, "prepare")
	defer statement.Close()
	ctx, cancel := t.within(time.Second)
	cancel()
	_, err = t.db.ExecContext(ctx, insert)
	t.saw("code of a cancelled context", t.Code(err), "cancelled")
	_, err = conn.ExecContext(ctx, insert)
	t.saw("a cancelled context on a taken connection is an error", err != nil, true)
	_, err = statement.ExecContext(ctx)
	t.saw("a cancelled context with a prepared statement is an error", err != nil, true)
	t.saw("rows after a cancelled context", t.count(table), 0)
}

// busyPool has a deadline end while the pool waits for a connection, and while the driver waits for a server that says
// nothing.
func busyPool(t *trial) {
	t.db.SetMaxOpenConns(1)
	conn, err := t.db.Conn(t.ctx)
	t.must(err, "connect")
	defer conn.Close()
	ctx, cancel := t.within(200 * time.Millisecond)
	defer cancel()
	t.saw("ping of a busy pool", t.Code(t.db.PingContext(ctx)), "deadline")
	p, pool := t.proxied()
	back := prompt(1500*time.Millisecond, func() time.Duration {
		p.Set(faultproxy.Fault{Action: faultproxy.Hole})
		ctx, cancel := t.within(200 * time.Millisecond)
		defer cancel()
		return timed(func() { err = pool.PingContext(ctx) })
	})
	t.saw("connecting to a silent server is an error", err != nil, true)
	t.saw("back within 1.5 s of a 0.2 s deadline", back, true)
}
