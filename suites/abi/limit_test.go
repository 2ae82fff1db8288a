package abi

import "testing"

// The number of reads of the clock falls with the number of processors, so that the spec takes a fraction of a second.
func TestLooksByProcessors(t *testing.T) {
	for processors, want := range map[int]int{2: 20000, 16: 20000, 64: 5000, 128: 2500, 256: 1250, 1024: 1000} {
		if got := looks(processors); got != want {
			t.Errorf("%d processors: %d", processors, got)
		}
	}
}
