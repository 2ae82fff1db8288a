package gc

import "runtime"

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

// Parts of the fixed work. Their sizes are Go's size classes, which are the same on all architectures. Most of it has no
// pointers and is cheap: a cell of the grid needs many cycles for its quantiles, and an emulator is slow.
const (
	liveDepth, liveNodes = 15, 1<<16 - 1 // 1 MiB of nodes that live to the end
	liveBlocks           = 240           // of 64 KiB: 15 MiB that live to the end
	passingBlocks        = 8000          // of 16 KiB: 125 MiB
	passingDepth         = 12            // of a tree with every treeEvery-th block: 8 MiB
	treeEvery            = 128
)

// work allocates what it always allocates, about 149 MiB, and keeps 16 MiB of it to its end. It returns the nodes that
// it counted, which are liveNodes unless the collector took one that was in use.
func work() int { return workOf(passingBlocks) }

// workOf is the part of work that has so many passing blocks.
func workOf(passingBlocks int) int {
	live := grow(liveDepth)
	blocks := make([][]byte, liveBlocks)
	for i := range blocks {
		blocks[i] = make([]byte, 64<<10)
	}
	var passing []byte // declared outside the loop, so that blocks are not on the stack
	for i := range passingBlocks {
		passing = make([]byte, 16<<10)
		if i%treeEvery == 0 {
			grow(passingDepth)
		}
	}
	runtime.KeepAlive(passing)
	runtime.KeepAlive(blocks)
	return live.count()
}
