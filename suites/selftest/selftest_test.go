package selftest

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Only the harness can run the specs, since they would end the test. This checks the plan that it needs.
func TestExpectedCoversThePlan(t *testing.T) {
	plan, err := check.List(Suite, nil)
	if err != nil {
		t.Fatal(err)
	}
	right := Expected()
	for _, spec := range plan.Specs {
		if !right[spec.ID].Valid() {
			t.Errorf("%q: no right verdict", spec.ID)
		}
		delete(right, spec.ID)
	}
	for id := range right {
		t.Errorf("%q: not in the plan", id)
	}
	if last := plan.Specs[len(plan.Specs)-1]; last.ID != "passes after all of them: pass" {
		t.Errorf("the last spec is %q", last.ID)
	}
}

func TestEveryVerdictOfASpecIsRightSomewhere(t *testing.T) {
	seen := map[record.Verdict]bool{}
	for _, v := range Expected() {
		seen[v] = true
	}
	for _, v := range record.Verdicts {
		if waived := v == record.Known || v == record.Fixed; seen[v] == waived {
			t.Errorf("%s: right for a spec = %v", v, seen[v])
		}
	}
}

// No line of rubbish is a valid event.
func TestRubbishHoldsNoEvent(t *testing.T) {
	for in := record.NewReader(bytes.NewReader(rubbish)); ; {
		event, _, err := in.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err == nil {
			t.Fatalf("an event: %+v", event)
		}
	}
}
