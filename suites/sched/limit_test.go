package sched

import (
	"testing"
	"time"
)

// Limits grow with the number of processors: a limit for two processors is wrong for 256, and the other way round.
func TestLimitsByProcessors(t *testing.T) {
	for processors, want := range map[int]struct {
		own  int
		turn time.Duration
	}{2: {24, 4 * time.Second}, 64: {148, 128 * time.Second}, 128: {276, 256 * time.Second}, 256: {532, 512 * time.Second}} {
		// A guest with 64 processors had 71 goroutines of the runtime's own.
		if got := ownGoroutines(processors); got != want.own || processors >= 64 && got < processors+7 {
			t.Errorf("%d processors: %d goroutines", processors, got)
		}
		turn := turnsTime(4 * processors)
		if turn != want.turn {
			t.Errorf("%d processors: %v", processors, turn)
		}
		// On an otherwise idle machine this is the same wall time for all, well below a spec's deadline.
		if each := turn / time.Duration(processors); each != 2*time.Second {
			t.Errorf("%d processors: %v each", processors, each)
		}
	}
}
