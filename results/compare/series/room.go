package series

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/results/compare/rounds"
)

// room hands out slices for the cells of rows and the rounds of cells, cut from large ones: a hundred thousand small ones
// would each be made, and looked at by the garbage collector.
type room struct {
	cells       []Cell
	rounds      rounds.Rounds
	numbers     []int32
	wide, spare int // how many cells a row gets, and how many may still be given away
}

// slab is how much is made at once.
const slab = 1 << 12

// roomFor is room for so many chunks in at least so many rows. Where most rows have a cell in every column each gets
// room for them all; but never is more made than twice what is needed.
func roomFor(chunks, rows, columns int) room {
	return room{wide: min(columns, chunks/max(rows, 1)), spare: 2 * chunks}
}

// forCells is room for the cells of a row.
func (r *room) forCells() []Cell {
	if r.wide == 0 || r.spare < r.wide {
		return nil
	}
	if len(r.cells) < r.wide {
		r.cells = make([]Cell, max(r.wide, min(slab, r.spare)))
		r.spare -= len(r.cells)
	}
	cells := r.cells[:0:r.wide]
	r.cells = r.cells[r.wide:]
	return cells
}

// forRounds is room for one round of a cell, and its number.
func (r *room) forRounds() (rounds.Rounds, []int32) {
	if len(r.rounds) == 0 {
		r.rounds, r.numbers = make(rounds.Rounds, slab), make([]int32, slab)
	}
	rounds, numbers := r.rounds[:0:1], r.numbers[:0:1]
	r.rounds, r.numbers = r.rounds[1:], r.numbers[1:]
	return rounds, numbers
}

// few is what a slice has room for at first that mostly gets long, though not in each of many short files.
const few = 1 << 6

// doubled is s with room for one more. What append makes of long slices grows by a quarter only, so that five times what
// is needed is made and thrown away.
func doubled[S ~[]E, E any](s S) S {
	if len(s) < cap(s) {
		return s
	}
	return slices.Grow(s, max(few, len(s)))
}
