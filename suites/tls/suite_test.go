package tls

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

// TestFailures: each rule fails a subject that does the contrary, one that panics, and one that hangs.
func TestFailures(t *testing.T) {
	broken := check.BrokenFacts{}
	for _, s := range subjects() {
		for _, side := range []string{"server", "client"} {
			rules := clientRules()
			if side == "server" {
				rules = serverRules()
			}
			for _, r := range rules {
				finding := "tls/" + s.Name + "/" + side + "/" + r.id
				for _, o := range []Outcome{{Completed: !r.accepts}, {Panicked: "planted"}, {Hung: true}} {
					outcomes := []Outcome{o}
					broken["TLCP "+side+" "+s.Name+" / "+r.text] = append(broken["TLCP "+side+" "+s.Name+" / "+r.text],
						check.Facts{finding: outcomes, finding + " again": outcomes})
				}
			}
		}
	}
	check.ProveFailures(t, Suite, broken)
}
