package standin_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/client"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/engine"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// started is a stand-in with a pool of clients.
func started(t *testing.T, options ...standin.Option) (*standin.Server, *sql.DB) {
	t.Helper()
	s, err := standin.Start(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, open(t, s.DSN()+"?timeZone=480")
}

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	c, err := client.Driver{}.OpenConnector(dsn)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	t.Cleanup(func() { db.Close() })
	return db
}

func code(err error) int32 {
	var reported *client.Error
	if errors.As(err, &reported) {
		return reported.Code
	}
	return 0
}

func must(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// TestRoundTrips writes values through both kinds of checksum and reads them back.
func TestRoundTrips(t *testing.T) {
	large := strings.Repeat("中文 and 𠮷\n", 40_000)
	at := time.Date(2024, 3, 1, 0, 30, 0, 123456000, time.FixedZone("", 8*3600))
	for _, checksum := range []wire.Checksum{wire.CRC, wire.XOR} {
		_, db := started(t, standin.WithChecksum(checksum))
		for i, c := range []struct {
			column   string
			in, want any
		}{
			{"BIGINT", int64(math.MinInt64), int64(math.MinInt64)}, {"INT", -7, int32(-7)}, {"BIT", true, int8(1)},
			{"DOUBLE", math.Copysign(0, -1), math.Copysign(0, -1)}, {"DOUBLE", math.SmallestNonzeroFloat64, math.SmallestNonzeroFloat64},
			{"DECIMAL(38,10)", "-9999999999999999999999999999.9999999999", "-9999999999999999999999999999.9999999999"},
			{"DECIMAL(10,4)", "0.1", ".1"}, {"VARCHAR(20)", "", ""}, {"VARCHAR(20)", nil, nil}, {"BLOB", []byte{}, []byte{}},
			{"CLOB", large, large}, {"BLOB", []byte(large), []byte(large)}, {"VARCHAR(20)", "㐀𠮷龦", "㐀𠮷龦"},
			{"TIMESTAMP(6)", at, at}, {"TIMESTAMP(6) WITH TIME ZONE", at, at},
		} {
			table := fmt.Sprint("t", i)
			must(t, db, "CREATE TABLE "+table+" (v "+c.column+")")
			must(t, db, "INSERT INTO "+table+" VALUES (?)", c.in)
			var got any
			if err := db.QueryRowContext(t.Context(), "SELECT v FROM "+table).Scan(&got); err != nil {
				t.Fatalf("%s: %v", c.column, err)
			}
			if !same(got, c.want) {
				t.Errorf("%s: %.60v came back as %.60v", c.column, c.want, got)
			}
		}
	}
}

func same(a, b any) bool {
	switch a := a.(type) {
	case []byte:
		b, ok := b.([]byte)
		return ok && bytes.Equal(a, b)
	case float64:
		b, ok := b.(float64)
		return ok && math.Float64bits(a) == math.Float64bits(b)
	case time.Time:
		b, ok := b.(time.Time)
		return ok && a.Equal(b)
	}
	return a == b
}

func TestManyRowsComeInBlocks(t *testing.T) {
	_, db := started(t)
	must(t, db, "CREATE TABLE t (v INT, pad VARCHAR(200))")
	var rows []string
	for i := range 5000 {
		rows = append(rows, fmt.Sprintf("(%d, '%0100d')", i, i))
	}
	must(t, db, "INSERT INTO t VALUES "+strings.Join(rows, ", "))
	result, err := db.QueryContext(t.Context(), "SELECT v, pad FROM t")
	if err != nil {
		t.Fatal(err)
	}
	defer result.Close()
	n := 0
	for result.Next() {
		var v int
		var pad string
		if err := result.Scan(&v, &pad); err != nil || v != n || pad != fmt.Sprintf("%0100d", n) {
			t.Fatalf("row %d: %d %s %v", n, v, pad, err)
		}
		n++
	}
	if n != 5000 || result.Err() != nil {
		t.Errorf("%d rows, %v", n, result.Err())
	}
}

func TestTransactions(t *testing.T) {
	_, db := started(t)
	must(t, db, "CREATE TABLE t (id INT PRIMARY KEY, v INT)")
	must(t, db, "INSERT INTO t VALUES (1, 1), (2, 2)")
	for _, c := range []struct {
		end  func(*sql.Tx) error
		want string
	}{{(*sql.Tx).Rollback, "1=1 2=2 "}, {(*sql.Tx).Commit, "2=9 3=3 "}} {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, query := range []string{"INSERT INTO t VALUES (3, 3)", "UPDATE t SET v = 9 WHERE id = 2", "DELETE FROM t WHERE id = 1"} {
			if _, err := tx.ExecContext(t.Context(), query); err != nil {
				t.Fatalf("%s: %v", query, err)
			}
		}
		if _, err := tx.ExecContext(t.Context(), "INSERT INTO t VALUES (4, 4), (2, 2)"); code(err) != engine.NotUnique {
			t.Fatalf("a key twice: %v", err)
		}
		if err := c.end(tx); err != nil {
			t.Fatal(err)
		}
		if got := content(t, db); got != c.want {
			t.Errorf("the table holds %q, want %q", got, c.want)
		}
	}
}

func content(t *testing.T, db *sql.DB) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT id, v FROM t")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := ""
	for rows.Next() {
		var id, v int
		if err := rows.Scan(&id, &v); err != nil {
			t.Fatal(err)
		}
		out += fmt.Sprintf("%d=%d ", id, v)
	}
	return out
}

func TestErrorsHaveCodes(t *testing.T) {
	s, db := started(t)
	for query, want := range map[string]int32{
		"SELEC 1": engine.Syntax, "SELECT v FROM nowhere": engine.NoTable, "SELECT 1/0": engine.Unknown,
		"ALTER TABLE t ADD w INT": engine.Unknown, "CREATE TABLE t (v MONEY)": engine.Unknown,
		"SELECT v FROM t WHERE v > 1": engine.NoTable, "SELECT 1; SELECT 2": engine.Unknown,
	} {
		if _, err := db.ExecContext(t.Context(), query); code(err) != want {
			t.Errorf("%s: %v, want %d", query, err, want)
		}
	}
	if err := open(t, "dm://SYSDBA:wrong@"+s.Addr()).PingContext(t.Context()); code(err) != engine.WrongLogin {
		t.Errorf("a wrong password: %v", err)
	}
	must(t, db, "CREATE USER u IDENTIFIED BY 'p@ss:/?#% 密码'")
	if err := open(t, "dm://u:p@ss:/?#% 密码@"+s.Addr()).PingContext(t.Context()); err != nil {
		t.Errorf("a difficult password: %v", err)
	}
}
