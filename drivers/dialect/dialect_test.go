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
	// Of other kinds of clients, which people paste.
	for _, dsn := range []string{
		"jdbc:kingbase8://h:54321/test;user=u;password=s3cret", "jdbc:postgresql://h/d?user=u&password=s3cret",
		"jdbc:kingbase8://h:54321/test;password=s3cret;user=u", "jdbc:oracle:thin:u/s3cret@h:1521/d", "jdbc:oracle:thin:u/s3cret@//h:1521/d",
		"Server=h;Uid=u;Pwd=s3cret;Database=d", "Driver={DM8};Server=h;UID=u;PWD={s3cret;x}", "SERVER=h;password='s3cret;x'",
		"u/s3cret@h:5236", "SYSDBA/s3cret/with@h:5236", "u/s3c@ret@h:5236/s3cret@h", "-h h -u u -ps3cret d", "-h h -p s3cret", "-hh -P3306 --password=s3cret",
		"-h h -U u -W s3cret", "-h h --password s3cret d", "mysql -h h -p's3cret x' d", `{"host": "h", "password": "s3cret"}`,
		"kingbase://u:s3cret@h:54321/test?sslmode=disable", "host=h db_password=s3cret", "postgres://h/d?sslpassword=s3cret", "PGPASSWORD=s3cret ksql -h h",
		"https://h/x?token=s3cret", "host=h pass=s3cret",
	} {
		if got := Redact(dsn); strings.Contains(got, "s3cret") || strings.Contains(got, "s3c") {
			t.Errorf("Redact(%q) = %q", dsn, got)
		} else if !strings.Contains(got, "h") || !strings.Contains(got, hidden) {
			t.Errorf("Redact(%q) = %q hides more than the password", dsn, got)
		} else if again := Redact(got); again != got {
			t.Errorf("Redact(%q) = %q", got, again)
		}
	}
	for _, plain := range []string{"postgres://u@h/d", "postgres://u@h/d?application_name=x@y", "host=h port=5432 user=u dbname=d", "u@tcp(h:3306)/d",
		"dm://u@h:5236/S", "", "h -p", "postgres://u@h/d?passfile=/etc/x"} {
		if got := Redact(plain); got != plain {
			t.Errorf("Redact(%q) = %q", plain, got)
		}
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
