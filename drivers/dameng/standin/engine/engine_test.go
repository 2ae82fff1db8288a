package engine

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

func session(t *testing.T) *Session {
	t.Helper()
	s, err := New("u", "p").Login(t.Context(), "U", "p")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func run(s *Session, sql string, values ...any) (Result, error) {
	st, err := s.Prepare(sql)
	if err != nil {
		return Result{}, err
	}
	return s.Run(st, values)
}

// TestStatements runs one after the other; what one does the next ones see.
func TestStatements(t *testing.T) {
	s := session(t)
	for _, c := range []struct {
		sql    string
		values []any
		want   string // rows, or the number affected
		code   int32
	}{
		{"CREATE TABLE t (id INT IDENTITY(1,1) PRIMARY KEY, v VARCHAR(10) NOT NULL, d DECIMAL(10,2))", nil, "0", 0},
		{"CREATE TABLE T (v INT)", nil, "", TableExists},
		{"INSERT INTO t (v, d) VALUES ('a', 1.5), ('b', -2)", nil, "2", 0},
		{"INSERT INTO t (v) SELECT ?", []any{"c"}, "1", 0},
		{"SELECT * FROM t", nil, "[[1 a 1.5] [2 b -2] [3 c <nil>]]", 0},
		{"SELECT v AS `x` FROM t", nil, "", Unknown},
		{"SELECT v AS \"名\", id FROM t WHERE id IN (?, 3)", []any{int64(1)}, "[[a 1] [c 3]]", 0},
		{"SELECT count(*) FROM t WHERE v = 'nobody'", nil, "[[0]]", 0},
		{"UPDATE t SET v = 'a' WHERE id = 2", nil, "1", 0},
		{"SELECT v, count(*) FROM t GROUP BY v", nil, "[[a 2] [c 1]]", 0},
		{"SELECT DISTINCT v FROM t", nil, "[[a] [c]]", 0},
		{"UPDATE t SET id = 9", nil, "", Unknown},
		{"INSERT INTO t VALUES (3, 'twice', NULL)", nil, "", NotUnique},
		{"INSERT INTO t (nothing) VALUES (1)", nil, "", NoColumn},
		{"DELETE FROM t WHERE v = ?", []any{"a"}, "2", 0},
		{"SELECT id FROM t;", nil, "[[3]]", 0},
		{"SELECT CAST(? AS VARCHAR(100)), 'it''s', -7", []any{"x"}, "[[x it's -7]]", 0},
		{"SELECT 3000000000", nil, "", OutOfRange},
		{"SELECT ?, ?", []any{int64(1)}, "", NotConverted},
		{"DROP TABLE IF EXISTS nowhere", nil, "0", 0},
		{"DROP TABLE t", nil, "0", 0},
		{"DROP TABLE t", nil, "", NoTable},
		{"SELECT UNICODE()", nil, "[[1]]", 0},
		{"SAVEPOINT a", nil, "", Unknown},
		{"nonsense", nil, "", Syntax},
		{"", nil, "", Syntax},
	} {
		result, err := run(s, c.sql, c.values...)
		var told *Error
		if errors.As(err, &told) != (c.code != 0) || told != nil && told.Code != c.code {
			t.Errorf("%s: %v, want code %d", c.sql, err, c.code)
			continue
		}
		got := fmt.Sprint(result.Affected)
		if result.Rows != nil {
			got = fmt.Sprint(result.Rows)
		}
		if err == nil && got != c.want {
			t.Errorf("%s: %s, want %s", c.sql, got, c.want)
		}
	}
}

// TestConversions says what a column makes of a value; an error is its code.
func TestConversions(t *testing.T) {
	for _, c := range []struct {
		value any
		typ   wire.Type
		want  any
	}{
		{nil, wire.Int, nil}, {int64(math.MaxInt32), wire.Int, int64(math.MaxInt32)}, {int64(math.MaxInt32 + 1), wire.Int, OutOfRange},
		{wire.Digits("9223372036854775808"), wire.BigInt, OutOfRange}, {wire.Digits("12"), wire.BigInt, int64(12)},
		{wire.Digits("1.5"), wire.BigInt, NotConverted}, {"-5", wire.Int, int64(-5)}, {"x", wire.Int, NotConverted},
		{1.5, wire.Int, NotConverted}, {true, wire.Bit, int64(1)}, {int64(2), wire.Bit, OutOfRange},
		{float32(0.5), wire.Double, 0.5}, {int64(3), wire.Double, 3.0}, {"0.25", wire.Double, 0.25}, {"x", wire.Double, NotConverted},
		{wire.Digits("0.1"), wire.Double, 0.1}, {"1.50", wire.Number, wire.Digits("1.50")}, {int64(7), wire.Number, wire.Digits("7")},
		{"x", wire.Number, NotConverted}, {math.Inf(1), wire.Number, NotConverted}, {int64(7), wire.Varchar, "7"},
		{wire.Digits("7.5"), wire.Clob, "7.5"}, {[]byte("b"), wire.Varchar, "b"}, {1.5, wire.Varchar, NotConverted},
		{"b", wire.Blob, []byte("b")}, {int64(1), wire.Blob, NotConverted}, {"2024-01-01", wire.Date, NotConverted},
		{wire.Moment{Year: 2024}, wire.DateTime, wire.Moment{Year: 2024}},
	} {
		got, err := coerce(c.value, wire.Column{Type: c.typ})
		var told *Error
		if errors.As(err, &told) {
			got = told.Code
		}
		if fmt.Sprintf("%T %v", got, got) != fmt.Sprintf("%T %v", c.want, c.want) {
			t.Errorf("%T %v for type %d is %T %v, want %T %v", c.value, c.value, c.typ, got, got, c.want, c.want)
		}
	}
}
