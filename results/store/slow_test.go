package store

import (
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// A machine that was slow for a whole round is seen against the run's best round, whether that came before or after; rounds
// of which nobody wrote the pulse down, or whose limits are off, are as they were.
func TestSlowRounds(t *testing.T) {
	round := func(pulse, slow float64) *CellRun {
		return &CellRun{Noise: []record.Noise{{Score: 0.01, Pulse: pulse, Slow: slow}}}
	}
	b := builder{run: &Run{Cells: []*CellRun{round(1.31, 0.1), round(1, 0.1), round(1.09, 0.1), round(2, 0), round(0, 0), round(1.2, 0.1)}}}
	b.slow()
	for i, want := range []string{"31 % longer than in the run's best round (limit 10 %)", "", "", "", "", "20 % longer"} {
		why := b.run.Cells[i].Unfit()
		if (why == nil) != (want == "") || why != nil && !strings.Contains(why.En, want) {
			t.Errorf("round %d: %v, want %q", i, why, want)
		}
	}
}
