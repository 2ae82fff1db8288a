package database

import (
	"database/sql"
	"fmt"

	"github.com/xcmatrix/xcmatrix/results/record"
)

var texts = []behaviour{
	{"an empty string is not NULL", "empty-string", record.High, 0, emptyString},
	{"empty bytes are not NULL", "empty-bytes", record.High, 0, emptyBytes},
	{"NULL reads as invalid, nil pointer and nil", "null", record.High, 0, nulls},
	{"CHAR(8) pads as the database documents", "char-padding", record.Low, 0, charPadding},
	{"a string longer than its column is an error", "varchar-length", record.High, 0, varcharLength},
	{"GB18030 four-byte characters, emoji and combining marks come back equal", "characters", record.Critical, 0, characters},
	{"U+0000 inside text", "nul-character", record.Medium, 0, nulCharacter},
	{"invalid UTF-8 is refused", "invalid-utf8", record.High, 0, invalidUTF8},
	{"column labels keep Chinese, and fold case as documented", "labels", record.Medium, 0, labels},
}

func emptyString(t *trial) {
	got, code := echo[sql.NullString](t, t.table("v {varchar}(20)"), "")
	t.saw("empty string", coded(fmt.Sprint(got.Valid, " ", got.String), code), "true ")
}

func emptyBytes(t *trial) {
	table := t.table("v {blob}")
	for name, v := range map[string][]byte{"empty": {}, "nil": nil} {
		got, code := echo[[]byte](t, table, v)
		t.saw(name+" bytes", coded(got == nil, code), v == nil)
	}
}

func nulls(t *trial) {
	table := t.table("i {bigint}, d {double}, s {varchar}(10), b {blob}, w {timestamp}, o {bool}")
	t.exec("INSERT INTO " + table + " (i) VALUES (NULL)")
	row := func(columns string, into ...any) string {
		return t.Code(t.db.QueryRowContext(t.ctx, "SELECT "+columns+" FROM "+table).Scan(into...))
	}
	var (
		i sql.NullInt64
		d sql.NullFloat64
		s sql.NullString
		w sql.NullTime
		o sql.NullBool
	)
	code := row("i, d, s, w, o", &i, &d, &s, &w, &o)
	t.saw("NULL as sql.Null", coded([]bool{i.Valid, d.Valid, s.Valid, w.Valid, o.Valid}, code), make([]bool, 5))
	pi, ps := new(int64), new(string)
	code = row("i, s", &pi, &ps)
	t.saw("NULL as pointer", coded(pi == nil && ps == nil, code), true)
	var ai, as, ab, aw any = 1, 1, 1, 1
	code = row("i, s, b, w", &ai, &as, &ab, &aw)
	t.saw("NULL as any", coded([]any{ai, as, ab, aw}, code), make([]any, 4))
	var plain int64
	t.saw("NULL into int64", row("i", &plain), "client")
}

func charPadding(t *trial) {
	got, code := echo[string](t, t.table("v {char}(8)"), "ab")
	t.saw("CHAR(8) 'ab'", coded(got, code), "ab      ")
}

func varcharLength(t *trial) {
	table := t.table("v {varchar}(20)")
	_, code := echo[string](t, table, "123456789012345678901")
	t.saw("VARCHAR(20), 21 characters", code, "22001")
	full := "一二三四五六七八九十一二三四五六七八九十"
	got, code := echo[string](t, table, full)
	t.saw("VARCHAR(20), 20 Chinese characters", coded(got, code), full)
}

func characters(t *trial) {
	table := t.table("v {varchar}(40)")
	for _, v := range []string{
		"㐀𠮷龦䶵",                      // GB18030-2022 four-byte area
		"👩\u200d👩\u200d👧\u200d👦",    // a family, joined
		"e\u0301 中\u0338 \u202eabc", // combining marks, direction
		"€£¥·—…「」",
	} {
		got, code := echo[string](t, table, v)
		t.saw("characters "+v, coded(got, code), v)
	}
}

func nulCharacter(t *trial) {
	got, code := echo[string](t, t.table("v {varchar}(10)"), "a\x00b")
	t.saw("U+0000", coded(got, code), "error 22021")
}

func invalidUTF8(t *trial) {
	got, code := echo[string](t, t.table("v {varchar}(10)"), "a\xff\xfeb")
	t.saw("invalid UTF-8", coded(got, code), "error 22021")
}

func labels(t *trial) {
	rows, err := t.db.QueryContext(t.ctx, t.SQL("SELECT 1 AS `列名`, 2 AS MiXed"))
	t.must(err, "select with labels")
	defer rows.Close()
	got, err := rows.Columns()
	t.saw("column labels", coded(got, t.Code(err)), []string{"列名", "mixed"})
}
