package servers_test

import (
	"context"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// modesOf are the compatibility modes of dialects, without the unknown mode.
var modesOf = map[string][]string{
	"kingbase": {"pg", "oracle", "mysql", "sqlserver"}, "opengauss": {"A", "B", "C", "PG"}, "gaussdb": {"A", "B", "C", "PG", "ORA", "TD"},
	"mysql": {"STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION", "NO_ENGINE_SUBSTITUTION"},
}

// TestAnswersHaveASource checks the answers of each dialect that differ from the suite's expectation: a document says so, or
// any answer is right. What was only seen on one version, as the sign of zero on MariaDB 10.11.19, is no expectation.
func TestAnswersHaveASource(t *testing.T) {
	for _, d := range servers.All() {
		for _, mode := range append(modesOf[d.Name], "") {
			for name, a := range d.In(mode).Answers {
				if a.Source == "" || strings.Contains(strings.ToLower(a.Source), "seen") {
					t.Errorf("%s %s, %s: source %q", d.Name, mode, name, a.Source)
				}
				if a.Any && (a.Value != nil || a.Or != nil) || !a.Any && a.Value == nil {
					t.Errorf("%s %s, %s: a value is expected, or any is: %+v", d.Name, mode, name, a)
				}
			}
		}
	}
}

// TestAllowedAnswers compares values with what dialects are documented to answer.
func TestAllowedAnswers(t *testing.T) {
	const full, bytes = "一二三四五六七八九十一二三四五六七八九十", "error 22001"
	const length, empty, negative, skew = "VARCHAR(20), 20 Chinese characters", "empty string", "float64 -0", "both transactions of a write skew commit at serializable"
	for _, c := range []struct {
		dialect, mode, name string
		got, want           any
		right               bool
	}{
		{"mysql", "", negative, "0000000000000000", "8000000000000000", true},
		{"mysql", "", negative, "8000000000000000", "8000000000000000", true},
		{"mysql", "", negative, "4000000000000000", "8000000000000000", false},
		{"mysql", "", "float64 NaN into INT", "0", "refused", true},
		{"mysql", "", "float64 NaN into INT", "refused", "refused", true},
		{"mysql", "STRICT_ALL_TABLES", "DECIMAL(5,2) overflow", "", "22003", false},
		{"mysql", "ANSI_QUOTES", "DECIMAL(5,2) overflow", "", "22003", true},
		{"mysql", "", skew, true, false, false},
		{"postgres", "", skew, true, false, false},
		{"opengauss", "A", skew, true, false, true},
		{"opengauss", "A", empty, "false ", "true ", true},
		{"opengauss", "A", empty, "true ", "true ", false},
		{"opengauss", "PG", empty, "false ", "true ", false},
		{"opengauss", "", empty, "false ", "true ", true},
		{"opengauss", "A", length, bytes, full, true},
		{"opengauss", "A", length, full, full, false},
		{"opengauss", "B", length, bytes, full, true},
		{"opengauss", "B", length, full, full, true},
		{"opengauss", "PG", length, bytes, full, false},
		{"kingbase", "oracle", empty, "false ", "true ", true},
		{"kingbase", "pg", empty, "false ", "true ", false},
		{"kingbase", "mysql", empty, "false ", "true ", false},
		{"kingbase", "oracle", length, bytes, full, true},
		{"kingbase", "pg", length, bytes, full, false},
	} {
		run := &dbtest.T{Dialect: servers.Find(c.dialect).In(c.mode), Ctx: context.Background()}
		outcome := run.Run(func(t *dbtest.T) { t.Expect(c.name, c.got, c.want) })
		if right := outcome.Passed(); right != c.right {
			t.Errorf("%s in mode %q, %s: %v is right: %v, want %v", c.dialect, c.mode, c.name, c.got, right, c.right)
		}
	}
}

// TestServerTrouble has the codes of a server that is in trouble, for which no driver is responsible.
func TestServerTrouble(t *testing.T) {
	for _, c := range []struct {
		dialect, code string
		want          bool
	}{
		{"postgres", "53100", true}, {"postgres", "58030", true}, {"postgres", "XX000", true}, {"postgres", "23505", false}, {"opengauss", "53200", true},
		{"mysql", "1021/HY000", true}, {"mysql", "1114/HY000", true}, {"mysql", "1062/23000", false}, {"mysql", "client", false},
		{"oceanbase", "4030/HY000", true}, {"tidb", "9002/HY000", true}, {"postgres", "", false}, {"postgres", "client", false},
	} {
		d := *servers.Find(c.dialect)
		d.Code = func(error) string { return c.code }
		run := &dbtest.T{Dialect: &d}
		run.WatchServer()
		run.Code(nil)
		if got := run.ServerTrouble() != ""; got != c.want {
			t.Errorf("%s %s: trouble %v, want %v", c.dialect, c.code, got, c.want)
		}
	}
}
