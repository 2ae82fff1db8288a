package gc

import (
	"runtime"
	"testing"

	"github.com/onsi/gomega"
)

// The limits allow for the free blocks of 2 to 256 processors; without garbage collections the work exceeds the limit on each of
// these machines.
func TestSlackByProcessors(t *testing.T) {
	const limit = 64 << 20
	without := uint64(full.liveBlocks*(64<<10) + full.passingBlocks*(16<<10))
	for processors, want := range map[int]uint64{2: 16640 << 10, 64: 24 << 20, 128: 32 << 20, 256: 48 << 20} {
		if got := slack(processors); got != want || limit+got >= without {
			t.Errorf("%d processors: %d, of %d", processors, got, without)
		}
	}
}

// Allocations are counted exactly with many processors, too, and the tolerance stays well below the allocations of one cycle.
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
		low, high := small.costAt(50).Allocated, small.costAt(200).Allocated
		t.Logf("%d and %d bytes", low, high)
		if got := max(low, high) - min(low, high); got > apart(high, 64) {
			t.Errorf("%d bytes apart, of %d", got, high)
		}
	}
}
