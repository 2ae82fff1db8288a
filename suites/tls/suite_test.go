package tls

import (
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/waivertest"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

func TestSuite(t *testing.T) {
	check.Test(t, Suite, waivertest.Native(t))
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
