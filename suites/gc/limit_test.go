package gc

import (
	"runtime"
	"testing"

	"github.com/onsi/gomega"
)

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

// What is allocated is counted to the byte with many processors, too, and the bound stays well below what a cycle's worth of
// the work is.
func TestApartByProcessors(t *testing.T) {
	const passing = uint64(1500 * 16 << 10) // of the small work, nearly all of it
	for processors, want := range map[int]uint64{2: 32768, 64: 286720, 128: 548864, 256: 1073152} {
		if got := apart(passing, processors); got != want || got > passing/20 {
			t.Errorf("%d processors: %d, of %d", processors, got, passing)
		}
	}
	gomega.RegisterTestingT(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(64))
	for range 3 {
		low, high := small.costAt(50).allocated, small.costAt(200).allocated
		t.Logf("%d and %d bytes", low, high)
		if got := max(low, high) - min(low, high); got > apart(high, 64) {
			t.Errorf("%d bytes apart, of %d", got, high)
		}
	}
}
