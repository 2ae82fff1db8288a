package overhead

import (
	"testing"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

func TestCount(t *testing.T) {
	plan, err := check.List(Suite, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Specs) != Count {
		t.Fatalf("%d specs, want %d", len(plan.Specs), Count)
	}
}
