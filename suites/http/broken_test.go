package http

import (
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/http/behind"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// TestSpecsCanFail gives each rule the outcomes of implementations that do not keep to it, and one that hangs.
func TestSpecsCanFail(t *testing.T) {
	wrong := map[string][]string{}
	for _, table := range []map[string][]string{wrongClient, wrongServer, streamTable(), wrongLookup, wrongProxy()} {
		for finding, outcomes := range table {
			wrong[finding] = outcomes
		}
	}
	for _, g := range behind.Groups() {
		for _, r := range g.Rules {
			wrong[g.Name+"/"+r.ID] = wrongBehind[r.ID]
			if strings.HasPrefix(r.ID, "smuggling-") {
				wrong[g.Name+"/"+r.ID] = []string{"a hidden request"}
			}
		}
	}
	broken := check.BrokenFacts{}
	for _, g := range groups() {
		for _, r := range g.Rules {
			id, finding := g.Title+" / "+r.Text, g.Finding(r)
			for _, did := range wrong[g.Name+"/"+r.ID] {
				for _, did := range []string{did, "hangs"} {
					o := rule.Outcome{Did: did}
					broken[id] = append(broken[id], check.Facts{finding: o, finding + " again": o})
				}
			}
			delete(wrong, g.Name+"/"+r.ID)
		}
	}
	for name := range wrong {
		t.Errorf("%s: there is no such rule", name)
	}
	check.ProveFailures(t, Suite, broken)
}
