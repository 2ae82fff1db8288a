package gc

import (
	"runtime"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// tree is all pointers: what marking is slow at.
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
	// full is the fixed work: about 149 MiB, of which 16 MiB live to the end.
	full = amount{liveDepth: 15, liveBlocks: 240, passingBlocks: 8000, passingDepth: 12}
	// small is about 28 MiB, of which 4 MiB live to the end: enough for the collector to run, and to run more often the lower
	// GOGC is.
	small = amount{liveDepth: 12, liveBlocks: 60, passingBlocks: 1500, passingDepth: 8}
)

// usual is the fixed work where figures are compared. In a virtual machine and under an emulator, where a cycle takes
// as long as a hundred natively and nothing is compared, it is small.
func usual() amount {
	return check.IfNative(full, small)
}

// work allocates what it always allocates, and counts the nodes that live to its end. It returns how many are lost: 0
// unless the collector took one that was in use.
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
