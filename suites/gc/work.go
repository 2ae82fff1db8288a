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

// Parts of the fixed work. Their sizes are Go's size classes, which are the same on all architectures.
const (
	liveDepth, liveNodes = 16, 1<<17 - 1 // 2 MiB of nodes that live to the end
	liveBlocks           = 64            // of 64 KiB: 4 MiB that live to the end
	passingTrees         = 300           // of passingDepth: 39 MiB
	passingDepth         = 12
	passingBlocks        = 20000 // of 2 KiB: 39 MiB
)

// work allocates what it always allocates, about 85 MiB, and keeps 6 MiB of it to its end. It returns the nodes that
// it counted, which are liveNodes unless the collector took one that was in use.
func work() int {
	live := grow(liveDepth)
	blocks := make([][]byte, liveBlocks)
	for i := range blocks {
		blocks[i] = make([]byte, 64<<10)
	}
	var passing []byte // declared outside the loop, so that blocks are not on the stack
	for i := range passingBlocks {
		passing = make([]byte, 2<<10)
		if i%(passingBlocks/passingTrees) == 0 {
			grow(passingDepth)
		}
	}
	runtime.KeepAlive(passing)
	runtime.KeepAlive(blocks)
	return live.count()
}
