package database

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// modesOf are the compatibility modes that a dialect may be in, besides one that is not known.
var modesOf = map[string][]string{
	"kingbase": {"pg", "oracle", "mysql", "sqlserver"}, "opengauss": {"A", "B", "C", "PG"}, "gaussdb": {"A", "B", "C", "PG", "ORA", "TD"},
	"mysql": {"STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION", "NO_ENGINE_SUBSTITUTION"},
}

// TestAnswersHaveASource looks at what each dialect answers otherwise than the suite expects: a document says so, or it is
// not judged. What was only seen on one version, as the sign of zero on MariaDB 10.11.19, is no expectation.
func TestAnswersHaveASource(t *testing.T) {
	for _, d := range slices.Concat(served, lab) {
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

// TestWhatIsAllowed puts values beside what dialects are documented to answer.
func TestWhatIsAllowed(t *testing.T) {
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
		trial := &trial{Dialect: find(c.dialect).In(c.mode), observe: func(string, json.RawMessage) {}}
		trial.saw(c.name, c.got, c.want)
		if right := len(trial.faults) == 0; right != c.right {
			t.Errorf("%s in mode %q, %s: %v is right: %v, want %v", c.dialect, c.mode, c.name, c.got, right, c.right)
		}
	}
}

// TestTroubled knows the codes of a server that is in trouble, which no driver answers for.
func TestTroubled(t *testing.T) {
	for _, c := range []struct {
		dialect, code string
		want          bool
	}{
		{"postgres", "53100", true}, {"postgres", "58030", true}, {"postgres", "XX000", true}, {"postgres", "23505", false}, {"opengauss", "53200", true},
		{"mysql", "1021/HY000", true}, {"mysql", "1114/HY000", true}, {"mysql", "1062/23000", false}, {"mysql", "client", false},
		{"oceanbase", "4030/HY000", true}, {"tidb", "9002/HY000", true}, {"postgres", "", false}, {"postgres", "client", false},
	} {
		trial := &trial{}
		d := *find(c.dialect)
		d.Code = func(error) string { return c.code }
		trial.watched(&d).Code(nil)
		if got := trial.trouble.Load() != nil; got != c.want {
			t.Errorf("%s %s: trouble %v, want %v", c.dialect, c.code, got, c.want)
		}
	}
}

func TestLoad(t *testing.T) {
	for line, want := range map[string]float64{"0.50 0.40 0.30 1/200 77\n": 0.5, "8.00 1 1 3/200 77\n": 4, "1.00 1 1 40/900 77\n": 20, "": 0, "x y z 1/2": 0} {
		if got := loadIn(line, 2); got != want {
			t.Errorf("load of %q = %v, want %v", line, got, want)
		}
	}
}
