package crypto

import (
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Specs with outside oracles or outside vectors are optional, and no others.
func TestOptional(t *testing.T) {
	plan, err := check.List(Suite, nil)
	if err != nil {
		t.Fatal(err)
	}
	optional := 0
	for _, p := range plan.Specs {
		outside := strings.HasPrefix(p.ID, "oracles / ") || strings.HasPrefix(p.ID, "foreign vectors / ") || strings.HasSuffix(p.ID, "/openssl")
		if p.Optional() != outside {
			t.Errorf("%s: optional %v, labels %v", p.ID, p.Optional(), p.Labels)
		}
		if outside {
			optional++
		}
	}
	if optional == 0 {
		t.Error("no spec is optional")
	}
}
