package gc

import "testing"

// What each processor keeps for itself counts, from two processors to 256; without a collection the work is over the limit
// all the same.
func TestSlackByProcessors(t *testing.T) {
	const limit = 64 << 20
	without := uint64(full.liveBlocks*(64<<10) + full.passingBlocks*(16<<10))
	for processors, want := range map[int]uint64{2: 16640 << 10, 64: 24 << 20, 128: 32 << 20, 256: 48 << 20} {
		if got := slack(processors); got != want || limit+got >= without {
			t.Errorf("%d processors: %d, of %d", processors, got, without)
		}
	}
}
