package dialect

import (
	"strings"
	"testing"
)

func TestSQL(t *testing.T) {
	words := map[string]string{"text": "varchar", "sleep 2": "pg_sleep(2)"}
	numbered := &Dialect{Name: "a", Numbered: true, Quote: `"`, Words: words}
	marks := &Dialect{Name: "b", Quote: "`", Words: words}
	for _, c := range []struct {
		dialect  *Dialect
		in, want string
	}{
		{numbered, "INSERT INTO t VALUES (?, ?)", "INSERT INTO t VALUES ($1, $2)"},
		{marks, "INSERT INTO t VALUES (?, ?)", "INSERT INTO t VALUES (?, ?)"},
		{numbered, "SELECT '?{text}`', ? AS `列`", "SELECT '?{text}`', $1 AS \"列\""},
		{marks, "CREATE TABLE t (v {text}(3)); {sleep 2}", "CREATE TABLE t (v varchar(3)); pg_sleep(2)"},
	} {
		if got := c.dialect.SQL(c.in); got != c.want {
			t.Errorf("%s: SQL(%q) = %q, want %q", c.dialect.Name, c.in, got, c.want)
		}
	}
	if got := numbered.Env(); got != "XCMATRIX_DSN_A" {
		t.Errorf("Env() = %q", got)
	}
}

func TestRedact(t *testing.T) {
	for _, dsn := range []string{
		"postgres://u:s3cret@h:5432/d?sslmode=disable",
		"postgres://u:s3cret/with?odd#@chars@h:5432/d",
		"postgres://u:%73s3cret@h/d",
		"postgres://u@h/d?password=s3cret&sslmode=disable",
		"postgres://u@h/d?sslpassword=s3cret",
		"host=h user=u password=s3cret dbname=d",
		"host=h password = 's3cret with space' dbname=d",
		`host=h password='quote \' s3cret' dbname=d`,
		"host=h PASSWORD='s3cret never ends",
		"postgresql://u:s3cret@h1,h2/d",
		"postgres:/u:s3cret@h/d",
		"u:s3cret@tcp(h:3306)/d", "u:s3cret@#:x@unix(/h.sock)/d", "dm://u:s3c@s3cret?x@h:5236?schema=S", "u:s3cret@h/d", "postgres://u:/s3cret@h/d", "postgres://u:@s3cret@h/d",
	} {
		if got := Redact(dsn); strings.Contains(got, "s3cret") {
			t.Errorf("Redact(%q) = %q", dsn, got)
		} else if !strings.Contains(got, "h") || !strings.Contains(got, "***") {
			t.Errorf("Redact(%q) = %q hides more than the password", dsn, got)
		}
	}
	if plain := "postgres://u@h/d"; Redact(plain) != plain {
		t.Errorf("Redact(%q) = %q", plain, Redact(plain))
	}
}

func TestUser(t *testing.T) {
	for dsn, want := range map[string]string{
		"postgres://u@h:5432/d?sslmode=disable":     "u",
		"postgres://u%40x@h/d":                      "u@x",
		"postgres://h/d":                            "",
		"host=h user=u dbname=d":                    "u",
		"host=h user='u' dbname=d":                  "u",
		"u@tcp(h:3306)/d?loc=a@b":                   "u",
		"root@tenant#cluster@tcp(h:2881)/d":         "root@tenant#cluster",
		"dm://SYSDBA@h:5236?schema=S":               "SYSDBA",
		"tcp(h:3306)/d":                             "",
		"postgres://h/d?application_name=someone@h": "",
	} {
		if got := User(dsn); got != want {
			t.Errorf("User(%q) = %q, want %q", dsn, got, want)
		}
	}
}
