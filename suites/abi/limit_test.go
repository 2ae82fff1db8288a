package abi

import "testing"

// However many processors look at the clock, all together look as often as takes a fraction of a second.
func TestLooksByProcessors(t *testing.T) {
	for processors, want := range map[int]int{2: 20000, 16: 20000, 64: 5000, 128: 2500, 256: 1250, 1024: 1000} {
		if got := looks(processors); got != want {
			t.Errorf("%d processors: %d", processors, got)
		}
	}
}
