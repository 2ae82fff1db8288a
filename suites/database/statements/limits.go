package statements

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

var limits = []dbtest.Case{
	{Text: "65535 parameters are sent, one more is refused", Key: "parameter-limit",
		Severity: record.Medium, Limit: time.Minute, Check: parameterLimit,
		Source: "PostgreSQL documentation, Bind: the number of parameters has 16 bits"},
	{Text: "2 MiB of text and 2 MiB of bytes come back equal", Key: "large-values",
		Severity: record.Critical, Limit: time.Minute, Check: largeValues,
		Source: "PostgreSQL documentation 8.3: a value may have up to 1 GB"},
	{Text: "a prepared query after ALTER TABLE recovers", Key: "alter-table",
		Severity: record.High, Check: alterTable,
		Source: "SQLSTATE 0A000, feature not supported; PostgreSQL's message is \"cached plan must not change result type\""},
	{Text: "a multi-row insert with one bad row writes none", Key: "multi-row",
		Severity: record.High, Check: multiRow,
		Source: "ISO/IEC 9075-2: a statement that fails changes nothing"},
	{Text: "values that no column takes break neither the process nor the connection", Key: "odd-values",
		Severity: record.High, Check: oddValues,
		Source: "Go, database/sql/driver.Value: other types are errors"},
}

func parameterLimit(t *dbtest.T) {
	table := t.Table("v {int}")
	for _, n := range []int{65535, 65536} {
		args := make([]any, n)
		for i := range args {
			args[i] = i
		}
		code := t.QueryCode("SELECT v FROM "+table+" WHERE v IN ("+strings.Repeat("?, ", n-1)+"?)", args...)
		t.Expect(fmt.Sprint(n, " parameters"), code, map[int]string{65535: "", 65536: "client"}[n])
	}
}

func largeValues(t *dbtest.T) {
	const size = 2 << 20
	blob := make([]byte, size)
	for i := range blob {
		blob[i] = byte(i * 31 >> 3)
	}
	text := bytes.Repeat([]byte("中文ascii𠮷\n"), size/16)
	got, code := dbtest.RoundTrip[[]byte](t, t.Table("v {blob}"), blob)
	t.Expect("2 MiB of bytes", dbtest.ValueOrCode(digest(got), code), digest(blob))
	read, code := dbtest.RoundTrip[string](t, t.Table("v {text}"), string(text))
	t.Expect("2 MiB of text", dbtest.ValueOrCode(digest([]byte(read)), code), digest(text))
}

// digest returns the length and the SHA-256 digest of a value.
func digest(b []byte) string { return fmt.Sprintf("%d bytes %x", len(b), sha256.Sum256(b)) }

func alterTable(t *dbtest.T) {
	t.DB.SetMaxOpenConns(1)
	table := t.Table("v {int}")
	query := "SELECT * FROM " + table + " WHERE v = ?"
	t.Expect("query before ALTER TABLE", t.QueryCode(query, 1), "")
	t.Exec("ALTER TABLE " + table + " ADD w {int}")
	first := t.QueryCode(query, 1)
	t.Expect("first query after ALTER TABLE", first, "0A000")
	t.Expect("second query after ALTER TABLE", t.QueryCode(query, 1), "")
}

func multiRow(t *dbtest.T) {
	table := t.Table("v {int} PRIMARY KEY")
	t.Expect("multi-row insert with a bad row", t.ExecCode("INSERT INTO "+table+" VALUES (?), (?), (?)", 1, 2, 1), "23505")
	t.Expect("rows of a multi-row insert that failed", t.CountRows(table), 0)
}

// oddValues sends values that drivers were seen to panic on, or may.
func oddValues(t *dbtest.T) {
	odd := []struct {
		column string
		value  any
	}{
		{"{decimal}(10,2)", math.Inf(1)}, {"{decimal}(5,2)", 1e300}, {"{int}", struct{ A int }{1}},
		{"{int}", make(chan int)}, {"{bigint}", uint64(math.MaxUint64)}, {"{bigint}", "not a number"},
		{"{timestamp}", "not a time"}, {"{varchar}(10)", func() {}}, {"{int}", []int{1, 2}},
		{"{bool}", "not a boolean"}, {"{int}", complex(1, 2)}, {"{date}", "2024-13-45"},
	}
	for i, c := range odd {
		table := t.Table("v " + c.column)
		name := fmt.Sprintf("odd value %d, %T into %s", i+1, c.value, c.column)
		t.Observe(name+" is refused", t.ExecCode("INSERT INTO "+table+" VALUES (?)", c.value) != "")
		t.Expect("connection after "+name, t.QueryCode("SELECT 1"), "")
	}
}
