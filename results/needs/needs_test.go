package needs

import (
	"fmt"
	"strings"
	"testing"
)

// ending is a test that keeps how it was ended.
type ending struct {
	testing.TB
	said string
}

func (e *ending) Helper()                           {}
func (e *ending) Skip(args ...any)                  { e.said = "skip: " + fmt.Sprint(args...) }
func (e *ending) Log(args ...any)                   { e.said = "log: " + fmt.Sprint(args...) }
func (e *ending) Fatalf(format string, args ...any) { e.said = "fail: " + fmt.Sprintf(format, args...) }

func TestAbsent(t *testing.T) {
	for list, want := range map[string]string{
		"":                     "skip: no postgres",
		"emulators, go":        "skip: no postgres",
		"emulators,postgresql": "fail: postgresql is absent, which XCMATRIX_TEST_REQUIRE requires: no postgres",
		"all":                  "fail: postgresql is absent, which XCMATRIX_TEST_REQUIRE requires: no postgres",
		"postgres": "fail: XCMATRIX_TEST_REQUIRE: there is no \"postgres\": name some of [go emulators postgresql mariadb kernels " +
			"releases font tools tinygo root ssh kernel conditions], or all",
	} {
		t.Setenv(Variable, list)
		e := ending{}
		if Absent(&e, PostgreSQL, "no postgres"); e.said != want {
			t.Errorf("%q: %q, want %q", list, e.said, want)
		}
		want = strings.Replace(want, "skip: ", "log: ", 1)
		if Partly(&e, PostgreSQL, "no postgres"); e.said != want {
			t.Errorf("%q: %q, want %q", list, e.said, want)
		}
	}
}
