package dialect

import "testing"

func TestSQL(t *testing.T) {
	words := map[string]string{"text": "varchar", "sleep 3": "pg_sleep(3)"}
	numbered := &Dialect{Name: "a", Numbered: true, Quote: `"`, Words: words}
	marks := &Dialect{Name: "b", Quote: "`", Words: words}
	for _, c := range []struct {
		dialect  *Dialect
		in, want string
	}{
		{numbered, "INSERT INTO t VALUES (?, ?)", "INSERT INTO t VALUES ($1, $2)"},
		{marks, "INSERT INTO t VALUES (?, ?)", "INSERT INTO t VALUES (?, ?)"},
		{numbered, "SELECT '?{text}`', ? AS `列`", "SELECT '?{text}`', $1 AS \"列\""},
		{marks, "CREATE TABLE t (v {text}(3)); {sleep 3}", "CREATE TABLE t (v varchar(3)); pg_sleep(3)"},
	} {
		if got := c.dialect.SQL(c.in); got != c.want {
			t.Errorf("%s: SQL(%q) = %q, want %q", c.dialect.Name, c.in, got, c.want)
		}
	}
	if got := numbered.Env(); got != "XCMATRIX_DSN_A" {
		t.Errorf("Env() = %q", got)
	}
}
