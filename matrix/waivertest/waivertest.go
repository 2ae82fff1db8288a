// Package waivertest tells the tests of suites which findings are waived.
package waivertest

import (
	"runtime"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Native returns a function that reports whether a finding is waived on this machine, now. The test fails if the waivers cannot be
// read, or if a waiver's severity is not the finding's.
func Native(t *testing.T) func(record.Finding) bool {
	t.Helper()
	waivers, err := matrix.Waivers()
	if err != nil {
		t.Fatal(err)
	}
	return func(f record.Finding) bool {
		w, known := waivers.Of(f.ID, [][]string{{"native", runtime.GOARCH}}, time.Now())
		if known && w.Severity != f.Severity {
			t.Errorf("%s: the waiver of %s says %s, and the spec %s", w.Place, f.ID, w.Severity, f.Severity)
		}
		return known
	}
}
