package cli

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// A named server is tried, and what is wrong with it is told: doctor once said ✓ of servers that it had not looked at.
func TestDoctorTriesNamedServers(t *testing.T) {
	text, err := os.ReadFile("testdata/servers/named.env")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		variable, dsn, _ := strings.Cut(strings.TrimSpace(line), "=")
		t.Setenv(variable, dsn)
	}
	got := call("doctor", "--target", "native", "--suite", "database", "--json")
	if got.code != exitPass {
		t.Fatalf("exit status %d: %s", got.code, got.err)
	}
	var needs []need
	if err := json.Unmarshal([]byte(got.out), &needs); err != nil {
		t.Fatal(err)
	}
	for variable, want := range map[string]string{
		"XCMATRIX_DSN_POSTGRES": "nothing listens", "XCMATRIX_DSN_MYSQL": "nothing listens", "XCMATRIX_DSN_KINGBASE": "cannot be read",
		"XCMATRIX_DSN_OPENGAUSS": "JDBC URL", "XCMATRIX_DSN_TIDB": "not known here",
	} {
		told := false
		for _, n := range needs {
			if strings.Contains(n.What, variable) {
				told = !n.OK && strings.Contains(n.Detail, want) && n.Remedy != ""
			}
			if n.OK && (strings.HasSuffix(n.What, "service postgres") || strings.HasSuffix(n.What, "service mysql")) {
				t.Errorf("a service is ✓ that is named elsewhere: %+v", n)
			}
		}
		if !told {
			t.Errorf("%s: %q is not told: %s", variable, want, got.out)
		}
	}
	if strings.Contains(got.out+got.err, "hunter2") {
		t.Errorf("the password is shown: %s%s", got.out, got.err)
	}
}

// A run is refused before it begins where a server is named in a way that no driver reads.
func TestUnreadableServersAreRefused(t *testing.T) {
	for _, c := range []struct{ variable, dsn, en, zh string }{
		{"XCMATRIX_DSN_KINGBASE", "nonsense", "cannot be read: write it like postgres://", "无法解析"},
		{"XCMATRIX_DSN_KINGBASE", "jdbc:kingbase8://h:54321/test;password=hunter2", "JDBC URL", "JDBC URL"},
		{"XCMATRIX_DSN_POSTGRES", "kingbase://u:hunter2@h/d", "another database's", "其他数据库"},
		{"XCMATRIX_DSN_GAUSSDB", "user=u password=hunter2", "names no host", "没有主机"},
		{"XCMATRIX_DSN_KINGBASES", "postgres://u:hunter2@h/d", "no database has this variable: take one of XCMATRIX_DSN_POSTGRES", "没有数据库使用此变量"},
	} {
		t.Run(c.variable, func(t *testing.T) {
			t.Setenv(c.variable, c.dsn)
			for lang, want := range map[string]string{"en": c.en, "zh": c.zh} {
				got := call("run", "--target", "native", "--suite", "database", "--runs", t.TempDir(), "--lang", lang)
				if got.code != exitUsage || !strings.Contains(got.err, c.variable) || !strings.Contains(got.err, want) ||
					strings.Contains(got.out+got.err, "hunter2") || strings.Count(strings.TrimSpace(got.err), "\n") > 0 {
					t.Errorf("%q: exit status %d: %s%s", c.dsn, got.code, got.out, got.err)
				}
			}
		})
	}
}

func TestDoctorTellsOfAMisspeltServer(t *testing.T) {
	t.Setenv("XCMATRIX_DSN_KINGBASES", "postgres://u:hunter2@h/d")
	got := call("doctor", "--target", "native", "--suite", "database")
	if !strings.Contains(got.out, "✗ XCMATRIX_DSN_KINGBASES: no database has this variable") || strings.Contains(got.out+got.err, "hunter2") {
		t.Errorf("exit status %d: %s%s", got.code, got.out, got.err)
	}
}
