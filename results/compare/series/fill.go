package series

import (
	"slices"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// fill fills the rows in, an equal share of them by each worker.
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
			room: roomFor(chunks/workers, rows/workers, len(a.set.Columns))}
		wg.Go(func() {
			for i := range parts {
				f.take(&parts[i])
			}
			f.finish(a.better, !a.packages)
		})
	}
	wg.Wait()
}

// filler fills in some of a set's rows, of which no other worker writes.
type filler struct {
	rows     []Row // all of them
	from, to int32 // its own
	room     room
}

// take takes in what a part has of these rows.
func (f *filler) take(p *placed) {
	for c := range p.chunks() {
		if c.row < f.from || c.row >= f.to {
			continue
		}
		cell := f.cell(&f.rows[c.row], Cell{Column: p.columns[c.origin], File: p.origins[c.origin].File, Line: int(c.line)})
		cell.round(p.rounds[c.origin], c.values, &f.room)
	}
}

// cell returns a cell of a row. If the row has none in its column yet, it is the one given.
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
		cells = f.room.forCells()
	}
	if at == len(cells) { // the usual case, and quicker than Insert
		cells = append(cells, c)
	} else {
		cells = slices.Insert(cells, at, c)
	}
	row.Cells = cells
	return &cells[at]
}

// round adds values to a round, which may be new.
func (c *Cell) round(number int32, values []float64, room *room) {
	if i := slices.Index(c.rounds, number); i >= 0 {
		c.Rounds[i] = slices.Concat(c.Rounds[i], values)
		sortFew(c.Rounds[i])
		return
	}
	if c.Rounds == nil {
		c.Rounds, c.rounds = room.forRounds()
	}
	c.rounds, c.Rounds = append(c.rounds, number), append(c.Rounds, values)
}

// finish says of each row what all parts have to be known for.
func (f *filler) finish(told map[string]record.Better, onePackage bool) {
	for i := f.from; i < f.to; i++ {
		row := &f.rows[i]
		if onePackage {
			row.Pkg = ""
		}
		if row.Better = better(row.Unit); row.Better == "" && (told[row.Unit] == record.Higher || told[row.Unit] == record.Lower) {
			row.Better = told[row.Unit]
		}
	}
}
