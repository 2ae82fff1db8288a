package series

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/results/compare/rounds"
)

// arena returns slices for the cells of rows and the rounds of cells, cut from large ones: a hundred thousand small ones
// would cost an allocation each, and work for the garbage collector.
type arena struct {
	cells        []Cell
	rounds       rounds.Rounds
	numbers      []int32
	width, spare int // cells of one row, and cells that may still be allocated
}

// block is the number of elements that are allocated at once.
const block = 1 << 12

// newArena returns an arena for at least rows rows with chunks chunks. If most rows have a cell in every column, each gets
// capacity for all of them; the arena never allocates more than twice the cells that are needed.
func newArena(chunks, rows, columns int) arena {
	return arena{width: min(columns, chunks/max(rows, 1)), spare: 2 * chunks}
}

// newCells returns an empty slice for the cells of a row, nil if the row shall allocate its own.
func (r *arena) newCells() []Cell {
	if r.width == 0 || r.spare < r.width {
		return nil
	}
	if len(r.cells) < r.width {
		r.cells = make([]Cell, max(r.width, min(block, r.spare)))
		r.spare -= len(r.cells)
	}
	cells := r.cells[:0:r.width]
	r.cells = r.cells[r.width:]
	return cells
}

// newRounds returns empty slices with capacity for one round of a cell and its number.
func (r *arena) newRounds() (rounds.Rounds, []int32) {
	if len(r.rounds) == 0 {
		r.rounds, r.numbers = make(rounds.Rounds, block), make([]int32, block)
	}
	rounds, numbers := r.rounds[:0:1], r.numbers[:0:1]
	r.rounds, r.numbers = r.rounds[1:], r.numbers[1:]
	return rounds, numbers
}

// firstCapacity is the first capacity of a slice that becomes long in most files, but not in many short ones.
const firstCapacity = 1 << 6

// grown returns s with capacity for one element more. It doubles: append lets long slices grow by a quarter only, which
// allocates five times what is needed.
func grown[S ~[]E, E any](s S) S {
	if len(s) < cap(s) {
		return s
	}
	return slices.Grow(s, max(firstCapacity, len(s)))
}
