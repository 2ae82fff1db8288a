package database

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/record"
)

var limits = []behaviour{
	{"65535 parameters are sent, one more is refused", "parameter-limit", record.Medium, 60 * time.Second, parameterLimit},
	{"2 MiB of text and 2 MiB of bytes come back equal", "large-values", record.Critical, 60 * time.Second, largeValues},
	{"a prepared query after ALTER TABLE recovers", "alter-table", record.High, 0, alterTable},
	{"a multi-row insert with one bad row writes none", "multi-row", record.High, 0, multiRow},
	{"values that no column takes break neither the process nor the connection", "odd-values", record.High, 0, oddValues},
	{"a password with @ : / ? # % and Chinese logs in", "password-characters", record.Medium, 0, passwordCharacters},
}

func parameterLimit(t *trial) {
	table := t.table("v {int}")
	for _, n := range []int{65535, 65536} {
		args := make([]any, n)
		for i := range args {
			args[i] = i
		}
		code := t.ask("SELECT v FROM "+table+" WHERE v IN ("+strings.Repeat("?, ", n-1)+"?)", args...)
		t.saw(fmt.Sprint(n, " parameters"), code, map[int]string{65535: "", 65536: "client"}[n])
	}
}

func largeValues(t *trial) {
	const size = 2 << 20
	blob := make([]byte, size)
	for i := range blob {
		blob[i] = byte(i * 31 >> 3)
	}
	text := bytes.Repeat([]byte("中文ascii𠮷\n"), size/16)
	got, code := echo[[]byte](t, t.table("v {blob}"), blob)
	t.saw("2 MiB of bytes", coded(digest(got), code), digest(blob))
	read, code := echo[string](t, t.table("v {text}"), string(text))
	t.saw("2 MiB of text", coded(digest([]byte(read)), code), digest(text))
}

func digest(b []byte) string { return fmt.Sprintf("%d bytes %x", len(b), sha256.Sum256(b)) }

func alterTable(t *trial) {
	t.db.SetMaxOpenConns(1)
	table := t.table("v {int}")
	query := "SELECT * FROM " + table + " WHERE v = ?"
	t.saw("query before ALTER TABLE", t.ask(query, 1), "")
	t.exec("ALTER TABLE " + table + " ADD w {int}")
	first := t.ask(query, 1)
	t.saw("first query after ALTER TABLE", first, "0A000")
	t.saw("second query after ALTER TABLE", t.ask(query, 1), "")
}

func multiRow(t *trial) {
	table := t.table("v {int} PRIMARY KEY")
	t.saw("multi-row insert with a bad row", t.try("INSERT INTO "+table+" VALUES (?), (?), (?)", 1, 2, 1), "23505")
	t.saw("rows of a multi-row insert that failed", t.count(table), 0)
}

// oddValues are those that drivers were seen to panic on, or could be.
func oddValues(t *trial) {
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
		table := t.table("v " + c.column)
		name := fmt.Sprintf("odd value %d, %T into %s", i+1, c.value, c.column)
		t.note(name+" is refused", t.try("INSERT INTO "+table+" VALUES (?)", c.value) != "")
		t.saw("connection after "+name, t.ask("SELECT 1"), "")
	}
}

func passwordCharacters(t *trial) {
	const password = "p@ss:/?#%25&=+ 密码"
	user, code := t.account(password)
	if code != "" {
		t.skip(record.Sayf("this user may not create users (%s)", "当前用户无权创建用户（%s）", code))
	}
	dsn, err := t.As(t.dsn, user, password)
	t.must(err, "name the other user")
	t.saw("login with a difficult password", t.Code(t.open(dsn).PingContext(t.ctx)), "")
	if shown := dialect.Redact(dsn); strings.Contains(shown, "密码") || strings.Contains(shown, "ss:") {
		t.stop("the redacted DSN still holds the password")
	}
	dsn, err = t.As(t.dsn, user, password+"x")
	t.must(err, "name the other user")
	wrong := t.Code(t.open(dsn).PingContext(t.ctx))
	if wrong == "" {
		t.skip(record.Say("this server lets anybody in with any password: it cannot show what the driver does with one", "此服务器接受任何口令：无法据此判断驱动如何处理口令"))
	}
	t.saw("login with a wrong password", wrong, "28P01")
}
