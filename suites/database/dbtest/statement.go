package dbtest

import (
	"database/sql"
	"fmt"
	"math/rand/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Table creates a table and returns its name. Columns are written in the suite's own way, as the dialect's SQL reads it:
// "v {bigint}". The table is dropped at the end of the run.
func (t *T) Table(columns string) string {
	name := t.TableName()
	t.Exec("CREATE TABLE " + name + " (" + columns + ")")
	return name
}

// TableName returns a table name that no other run uses, on any machine that shares the server. If the case creates the
// table, it is dropped at the end of the run.
func (t *T) TableName() string {
	name := fmt.Sprintf("xc_%x", rand.Uint64())
	t.tables = append(t.tables, name)
	return name
}

// Exec executes a statement that must succeed.
func (t *T) Exec(query string, args ...any) {
	_, err := t.DB.ExecContext(t.Ctx, t.SQL(query), args...)
	t.Must(err, query)
}

// ExecCode executes a statement and returns the code of its error, "" if it succeeds.
func (t *T) ExecCode(query string, args ...any) string {
	_, err := t.DB.ExecContext(t.Ctx, t.SQL(query), args...)
	return t.Code(err)
}

// QueryCode runs a query, reads all rows and returns the code of the error, "" if there is none.
func (t *T) QueryCode(query string, args ...any) string {
	rows, err := t.DB.QueryContext(t.Ctx, t.SQL(query), args...)
	if err != nil {
		return t.Code(err)
	}
	defer rows.Close()
	for rows.Next() {
	}
	return t.Code(rows.Err())
}

// CountRows returns the number of rows in a table.
func (t *T) CountRows(table string) int {
	var n int
	t.Must(t.DB.QueryRowContext(t.Ctx, "SELECT count(*) FROM "+table).Scan(&n), "count rows")
	return n
}

// Begin starts a transaction.
func (t *T) Begin(options *sql.TxOptions) *sql.Tx {
	tx, err := t.DB.BeginTx(t.Ctx, options)
	t.Must(err, "begin")
	return tx
}

// TxExecCode executes a statement inside a transaction and returns the code of its error, "" if it succeeds.
func (t *T) TxExecCode(tx *sql.Tx, query string, args ...any) string {
	_, err := tx.ExecContext(t.Ctx, t.SQL(query), args...)
	return t.Code(err)
}

// NeedsSleep skips the case if the database has no statement that only waits.
func (t *T) NeedsSleep() {
	if t.Words["sleep 2"] == "" {
		t.Skip(record.Sayf("%s has no statement that only waits", "%s 没有仅用于等待的语句", t.Title))
	}
}

// RoundTrip writes a value into column v of a table and reads it back as a V. The code is that of the first error, "" if
// there is none.
func RoundTrip[V any](t *T, table string, in any) (out V, code string) {
	t.Exec("DELETE FROM " + table)
	if code := t.ExecCode("INSERT INTO "+table+" (v) VALUES (?)", in); code != "" {
		return out, code
	}
	err := t.DB.QueryRowContext(t.Ctx, "SELECT v FROM "+table).Scan(&out)
	return out, t.Code(err)
}

// ValueOrCode returns the value, or "error CODE" if code is not "".
func ValueOrCode(value any, code string) any {
	if code != "" {
		return "error " + code
	}
	return value
}
