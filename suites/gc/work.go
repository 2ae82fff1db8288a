package gc

import (
	"runtime"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// tree consists of pointers, which are slow to mark.
type tree struct{ left, right *tree }

func grow(depth int) *tree {
	if depth == 0 {
		return &tree{}
	}
	return &tree{left: grow(depth - 1), right: grow(depth - 1)}
}

func (t *tree) count() int {
	if t == nil {
		return 0
	}
	return 1 + t.left.count() + t.right.count()
}

// amount of work. The sizes of its parts are Go's size classes, which are the same on all architectures. Most of it has no
// pointers and is cheap: a cell of the grid needs many cycles for its quantiles, and an emulator is slow.
type amount struct {
	liveDepth     int // of the tree that lives to the end
	liveBlocks    int // of 64 KiB, that live to the end
	passingBlocks int // of 16 KiB
	passingDepth  int // of a tree with every treeEvery-th passing block
}

const treeEvery = 128

var (
	// full is the fixed work: about 149 MiB, of which 16 MiB stay in use until the end.
	full = amount{liveDepth: 15, liveBlocks: 240, passingBlocks: 8000, passingDepth: 12}
	// small is about 28 MiB, of which 4 MiB stay in use until the end: enough for the collector to run, and to run more often
	// with a lower GOGC.
	small = amount{liveDepth: 12, liveBlocks: 60, passingBlocks: 1500, passingDepth: 8}
)

// usual returns the full work natively. In a virtual machine and under an emulator, where a cycle takes a hundred times as long
// and no figures are compared, it returns the small one.
func usual() amount {
	return check.IfNative(full, small)
}

// work does a fixed amount of allocations, and counts the nodes that are in use at the end. It returns how many are missing: 0
// unless the collector freed one that was in use.
func (a amount) work() (lost int) {
	live := grow(a.liveDepth)
	blocks := make([][]byte, a.liveBlocks)
	for i := range blocks {
		blocks[i] = make([]byte, 64<<10)
	}
	var passing []byte // declared outside the loop, so that blocks are not on the stack
	for i := range a.passingBlocks {
		passing = make([]byte, 16<<10)
		if i%treeEvery == 0 {
			grow(a.passingDepth)
		}
	}
	runtime.KeepAlive(passing)
	runtime.KeepAlive(blocks)
	return 1<<(a.liveDepth+1) - 1 - live.count()
}
