package series

import (
	"slices"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// fill fills the rows; each worker has an equal share of them.
func (a *assembler) fill(parts []placed, workers int) {
	chunks, rows := 0, len(a.set.Rows)
	for _, p := range parts {
		for _, w := range p.windows {
			chunks += len(w)
		}
	}
	var wg sync.WaitGroup
	for w := range workers {
		f := filler{rows: a.set.Rows, from: int32(rows * w / workers), to: int32(rows * (w + 1) / workers),
			memory: newArena(chunks/workers, rows/workers, len(a.set.Columns))}
		wg.Go(func() {
			for i := range parts {
				f.add(&parts[i])
			}
			f.finish(a.better, !a.packages)
		})
	}
	wg.Wait()
}

// filler fills its own share of a set's rows.
type filler struct {
	rows     []Row // of the set
	from, to int32 // its share: from is the first row, to is after the last
	memory   arena
}

// add adds the values that a part has of these rows.
func (f *filler) add(p *placed) {
	for c := range p.chunks() {
		if c.row < f.from || c.row >= f.to {
			continue
		}
		cell := f.cell(&f.rows[c.row], Cell{Column: p.columns[c.origin], File: p.origins[c.origin].File, Line: int(c.line)})
		cell.round(p.rounds[c.origin], c.values, &f.memory)
	}
}

// cell returns the cell of a row in c's column. If there is none yet, it adds c.
func (f *filler) cell(row *Row, c Cell) *Cell {
	cells := row.Cells
	at := len(cells)
	if at > 0 && cells[at-1].Column >= c.Column {
		var ok bool
		if at, ok = slices.BinarySearchFunc(cells, c.Column, func(x Cell, column int) int { return x.Column - column }); ok {
			return &cells[at]
		}
	}
	if cells == nil {
		cells = f.memory.newCells()
	}
	if at == len(cells) { // the usual case; faster than Insert
		cells = append(cells, c)
	} else {
		cells = slices.Insert(cells, at, c)
	}
	row.Cells = cells
	return &cells[at]
}

// round adds values to a round, which may be new.
func (c *Cell) round(number int32, values []float64, memory *arena) {
	if i := slices.Index(c.rounds, number); i >= 0 {
		c.Rounds[i] = slices.Concat(c.Rounds[i], values)
		sortFew(c.Rounds[i])
		return
	}
	if c.Rounds == nil {
		c.Rounds, c.rounds = memory.newRounds()
	}
	c.rounds, c.Rounds = append(c.rounds, number), append(c.Rounds, values)
}

// finish sets the fields of each row that depend on all parts.
func (f *filler) finish(given map[string]record.Better, onePackage bool) {
	for i := f.from; i < f.to; i++ {
		row := &f.rows[i]
		if onePackage {
			row.Pkg = ""
		}
		if row.Better = better(row.Unit); row.Better == "" && (given[row.Unit] == record.Higher || given[row.Unit] == record.Lower) {
			row.Better = given[row.Unit]
		}
	}
}
