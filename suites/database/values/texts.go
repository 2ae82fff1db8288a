package values

import (
	"database/sql"
	"fmt"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

var texts = []dbtest.Case{
	{Text: "an empty string is not NULL", Key: "empty-string",
		Severity: record.High, Check: emptyString,
		Source: "ISO/IEC 9075-2: the null value differs from every string"},
	{Text: "empty bytes are not NULL", Key: "empty-bytes",
		Severity: record.High, Check: emptyBytes,
		Source: "ISO/IEC 9075-2: the null value differs from every string"},
	{Text: "NULL reads as invalid, nil pointer and nil", Key: "null",
		Severity: record.High, Check: nulls,
		Source: "Go, database/sql.Rows.Scan and sql.Null"},
	{Text: "CHAR(8) pads as the database documents", Key: "char-padding",
		Severity: record.Low, Check: charPadding,
		Source: "PostgreSQL documentation 8.3: character(n) is blank-padded"},
	{Text: "a string longer than its column is an error", Key: "varchar-length",
		Severity: record.High, Check: varcharLength,
		Source: "SQLSTATE 22001, string data right truncation"},
	{Text: "GB18030 four-byte characters, emoji and combining marks come back equal", Key: "characters",
		Severity: record.Critical, Check: characters,
		Source: "GB 18030-2022, four-byte part; Unicode"},
	{Text: "U+0000 inside text", Key: "nul-character",
		Severity: record.Medium, Check: nulCharacter,
		Source: "PostgreSQL documentation 8.3: the character with code zero cannot be stored"},
	{Text: "invalid UTF-8 is refused", Key: "invalid-utf8",
		Severity: record.High, Check: invalidUTF8,
		Source: "SQLSTATE 22021, character not in repertoire"},
	{Text: "column labels keep Chinese, and fold case as documented", Key: "labels",
		Severity: record.Medium, Check: labels,
		Source: "PostgreSQL documentation 4.1.1: unquoted identifiers are folded to lower case"},
}

func emptyString(t *dbtest.T) {
	got, code := dbtest.RoundTrip[sql.NullString](t, t.Table("v {varchar}(20)"), "")
	t.Expect("empty string", dbtest.ValueOrCode(fmt.Sprint(got.Valid, " ", got.String), code), "true ")
}

func emptyBytes(t *dbtest.T) {
	table := t.Table("v {blob}")
	for name, v := range map[string][]byte{"empty": {}, "nil": nil} {
		got, code := dbtest.RoundTrip[[]byte](t, table, v)
		t.Expect(name+" bytes", dbtest.ValueOrCode(got == nil, code), v == nil)
	}
}

func nulls(t *dbtest.T) {
	table := t.Table("i {bigint}, d {double}, s {varchar}(10), b {blob}, w {timestamp}, o {bool}")
	t.Exec("INSERT INTO " + table + " (i) VALUES (NULL)")
	row := func(columns string, into ...any) string {
		return t.Code(t.DB.QueryRowContext(t.Ctx, "SELECT "+columns+" FROM "+table).Scan(into...))
	}
	var (
		i sql.NullInt64
		d sql.NullFloat64
		s sql.NullString
		w sql.NullTime
		o sql.NullBool
	)
	code := row("i, d, s, w, o", &i, &d, &s, &w, &o)
	t.Expect("NULL as sql.Null", dbtest.ValueOrCode([]bool{i.Valid, d.Valid, s.Valid, w.Valid, o.Valid}, code), make([]bool, 5))
	pi, ps := new(int64), new(string)
	code = row("i, s", &pi, &ps)
	t.Expect("NULL as pointer", dbtest.ValueOrCode(pi == nil && ps == nil, code), true)
	var ai, as, ab, aw any = 1, 1, 1, 1
	code = row("i, s, b, w", &ai, &as, &ab, &aw)
	t.Expect("NULL as any", dbtest.ValueOrCode([]any{ai, as, ab, aw}, code), make([]any, 4))
	var plain int64
	t.Expect("NULL into int64", row("i", &plain), "client")
}

func charPadding(t *dbtest.T) {
	got, code := dbtest.RoundTrip[string](t, t.Table("v {char}(8)"), "ab")
	t.Expect("CHAR(8) 'ab'", dbtest.ValueOrCode(got, code), "ab      ")
}

func varcharLength(t *dbtest.T) {
	table := t.Table("v {varchar}(20)")
	_, code := dbtest.RoundTrip[string](t, table, "123456789012345678901")
	t.Expect("VARCHAR(20), 21 characters", code, "22001")
	full := "一二三四五六七八九十一二三四五六七八九十"
	got, code := dbtest.RoundTrip[string](t, table, full)
	t.Expect("VARCHAR(20), 20 Chinese characters", dbtest.ValueOrCode(got, code), full)
}

func characters(t *dbtest.T) {
	table := t.Table("v {varchar}(40)")
	for _, v := range []string{
		"㐀𠮷龦䶵",                      // GB18030-2022 four-byte area
		"👩\u200d👩\u200d👧\u200d👦",    // a family, joined
		"e\u0301 中\u0338 \u202eabc", // combining marks, direction
		"€£¥·—…「」",
	} {
		got, code := dbtest.RoundTrip[string](t, table, v)
		t.Expect("characters "+v, dbtest.ValueOrCode(got, code), v)
	}
}

func nulCharacter(t *dbtest.T) {
	got, code := dbtest.RoundTrip[string](t, t.Table("v {varchar}(10)"), "a\x00b")
	t.Expect("U+0000", dbtest.ValueOrCode(got, code), "error 22021")
}

func invalidUTF8(t *dbtest.T) {
	got, code := dbtest.RoundTrip[string](t, t.Table("v {varchar}(10)"), "a\xff\xfeb")
	t.Expect("invalid UTF-8", dbtest.ValueOrCode(got, code), "error 22021")
}

func labels(t *dbtest.T) {
	rows, err := t.DB.QueryContext(t.Ctx, t.SQL("SELECT 1 AS `列名`, 2 AS MiXed"))
	t.Must(err, "select with labels")
	defer rows.Close()
	got, err := rows.Columns()
	t.Expect("column labels", dbtest.ValueOrCode(got, t.Code(err)), []string{"列名", "mixed"})
}
