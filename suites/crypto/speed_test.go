package crypto

import (
	"errors"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// failingSpeed are benchmarks of a library whose calls fail, and one of a library whose calls do not.
func failingSpeed() {
	check.Section("speed", func() {
		for name, op := range map[string]func() error{
			"an error": func() error { return errors.New("the call failed") },
			"a panic":  func() error { panic("the library panicked") },
			"neither":  func() error { return nil },
		} {
			speedOf{name: name, path: func() string { return "Go" }}.register(func() func() error { return op })
		}
	})
}

// A call that fails while it is measured ends its own spec, with its error, and not the process.
func TestFailingSpeed(t *testing.T) {
	said := payload(t, "failing:.")
	for id, want := range map[string]struct {
		verdict record.Verdict
		reason  string
	}{
		"speed / an error": {record.Error, "the call failed"},
		"speed / a panic":  {record.Error, "the library panicked"},
		"speed / neither":  {record.Pass, ""},
	} {
		end, ended := said.ends[id]
		reason := ""
		if end.Detail != nil {
			reason = end.Detail.En
		}
		if !ended || end.Verdict != want.verdict || !strings.Contains(reason, want.reason) {
			t.Errorf("%s: ended %t: %s %q", id, ended, end.Verdict, reason)
		}
	}
}
