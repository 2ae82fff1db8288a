package cli

import (
	"os"
	"slices"
	"testing"
	"time"
)

// maxFleetCost is how much longer than natively a cell may take by a hub on this machine.
const maxFleetCost = 300 * time.Millisecond

// What a cell takes longer by a hub than natively, paired. `make bench` prints it; a busy machine judges nothing.
func TestFleetCost(t *testing.T) {
	if os.Getenv("XCMATRIX_TEST_COST") == "" {
		t.Skip("long form: figures are for a quiet machine: make bench")
	}
	l := newFleetLab(t, "m1")
	cell := func(args ...string) time.Duration {
		began := time.Now()
		got := try(t, program(t, l.dir, append([]string{"run", "--matrix", "fleet.yaml", "--suite", "abi", "--label", "!bench", "--quiet", "--runs", "cost"}, args...)...))
		if got.code != exitPass && got.code != exitFound {
			t.Fatalf("exit status %d: %s", got.code, got.err)
		}
		return time.Since(began)
	}
	byHub := func() time.Duration { return cell("--target", "m1", "--hub", "desk.credential") }
	first := byHub() // sends the payload
	cell("--target", "native")
	const times = 7
	var more []time.Duration
	for range times {
		native := cell("--target", "native")
		more = append(more, byHub()-native)
	}
	slices.Sort(more)
	t.Logf("one cell (abi) by a hub, longer than natively, %d pairs: median %d ms, least %d ms (limit %d ms); the first, with the payload, %d ms in all",
		times, more[times/2].Milliseconds(), more[0].Milliseconds(), maxFleetCost.Milliseconds(), first.Milliseconds())
	if more[times/2] > maxFleetCost {
		t.Errorf("median %v, limit %v", more[times/2], maxFleetCost)
	}
}
