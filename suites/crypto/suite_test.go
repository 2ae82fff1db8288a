package crypto

import (
	"runtime"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

func TestSuite(t *testing.T) {
	waivers, err := matrix.Waivers()
	if err != nil {
		t.Fatal(err)
	}
	check.Test(t, Suite, func(f record.Finding) bool {
		w, known := waivers.Of(f.ID, [][]string{{"native", runtime.GOARCH}}, time.Now())
		if known && w.Severity != f.Severity {
			t.Errorf("%s: the waiver of %s says %s, and the spec %s", w.Place, f.ID, w.Severity, f.Severity)
		}
		return known
	})
}
