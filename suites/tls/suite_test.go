package tls

import (
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/waivertest"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

func TestSuite(t *testing.T) {
	check.Test(t, Suite, waivertest.Native(t))
}

// TestFailures: each rule fails a subject that does the contrary, one that panics, one that hangs, and one that refuses with
// another alert than the rule's.
func TestFailures(t *testing.T) {
	broken := check.BrokenFacts{}
	for _, r := range roles() {
		for _, one := range r.rules {
			outcomes := []Outcome{{Panicked: "planted"}, {Hung: true}, {Completed: one.accepts, Leaked: "planted"}}
			if !one.either {
				outcomes = append(outcomes, Outcome{Completed: !one.accepts})
			}
			if one.alert != 0 {
				outcomes = append(outcomes, Outcome{Alert: one.alert + 1})
			}
			spec, finding := r.section()+" / "+one.text, r.finding(one)
			for _, o := range outcomes {
				broken[spec] = append(broken[spec], check.Facts{finding: []Outcome{o}, finding + " again": []Outcome{o}})
			}
		}
	}
	for _, c := range combinations() {
		for id, n := range map[string]int{c.text(): 3, c.text() + ", 200 times": many} {
			broken["interoperation / "+id] = []check.Facts{{c.fact(n): Tally{Done: n - 1, Asked: n, Said: "planted"}}}
		}
	}
	for _, p := range labPeers {
		broken["interoperation / own to "+p.title+": a server is named"] = []check.Facts{{"tls/interoperation/" + p.title: Tally{Asked: 1, Said: "planted"}}}
	}
	for spec, c := range map[string]struct {
		fact   string
		broken Cost
	}{
		"SM2, SM3 and SM4 cost a client's handshake less processor time than the 42 ms that are said": {"handshake", Cost{Handshake: saidHandshake}},
		"key agreement costs less processor time than the 21.6 ms more that are said":                 {"agreement", Cost{Agreement: saidAgreement}},
		"verifying certificates costs less processor time than the 33.3 ms more that are said":        {"verifying", Cost{Verifying: saidVerifying}},
		"TLCP and TLS 1.2 wait for one round trip more than TLS 1.3 does":                             {"round trips", Cost{Scheme: tjfocScheme, Trips: 2}},
		"the stages of a handshake add up to the whole, within 3 %":                                   {"sum", Cost{Unexplained: 3.1}},
	} {
		broken["cost / "+spec] = []check.Facts{{"tls/cost/" + c.fact: []Cost{c.broken}}}
	}
	check.ProveFailures(t, Suite, broken, "interoperation / "+observedECDHE)
}
