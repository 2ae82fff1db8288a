package series

import (
	"fmt"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// assembler puts parts together in the order in which they were given.
type assembler struct {
	set     *Set
	columns map[string]int
	first   map[string]int // row, by the benchmark's name
	after   []int          // for each row the next one of its name, 0 if it is the last
	better  map[string]record.Better
	next    int // the row after the one before: benchmarks mostly come in the same order in all parts
	room    room
}

func assemble(parts []*part, by By) *Set {
	parts = slices.DeleteFunc(slices.Clone(parts), func(p *part) bool { return p == nil })
	names, most, chunks := processors(parts, by), 0, 0
	for _, p := range parts {
		most = max(most, len(p.benchmarks))
		for _, w := range p.windows {
			chunks += len(w)
		}
	}
	a := &assembler{set: &Set{By: by, Rows: make([]Row, 0, most)}, columns: map[string]int{}, first: map[string]int{},
		better: map[string]record.Better{}}
	columns := make([][]int, len(parts)) // of each part's origins
	for i, p := range parts {
		columns[i] = a.columnsOf(p)
	}
	a.room = roomFor(chunks, most, len(a.set.Columns))
	for i, p := range parts {
		a.add(p, columns[i], names)
	}
	a.finish()
	return a.set
}

// columnsOf returns the columns of a part's origins, which may be new.
func (a *assembler) columnsOf(p *part) []int {
	columns := make([]int, len(p.origins))
	for i := range p.origins {
		columns[i] = a.column(&p.origins[i])
	}
	return columns
}

// add takes one part in.
func (a *assembler) add(p *part, columns []int, names map[title]bool) {
	for unit, b := range p.better {
		a.better[unit] = b
	}
	keys, within := make([]string, len(p.origins)), make([]string, len(p.origins))
	for i := range p.origins {
		keys[i], within[i] = p.origins[i].roundKey(), p.origins[i].within(a.set.By)
	}
	titles := make([]title, len(p.titles))
	for i, t := range p.titles {
		titles[i] = rename(t, names)
	}
	for c := range p.chunks() {
		o := &p.origins[c.origin]
		if o.Noise != "" {
			continue
		}
		m := p.benchmarks[c.benchmark]
		t := titles[m.title]
		row := a.row(Benchmark{Pkg: t.pkg, Name: t.name, Unit: p.units[m.unit], On: within[c.origin]})
		cell := a.cell(row, Cell{Column: columns[c.origin], File: o.File, Line: int(c.line)})
		cell.round(keys[c.origin], c.values, &a.room)
	}
}

// cell returns a cell of a row. If the row has none in its column yet, it is the one given.
func (a *assembler) cell(row int, c Cell) *Cell {
	cells := a.set.Rows[row].Cells
	at := len(cells)
	if at > 0 && cells[at-1].Column >= c.Column {
		var ok bool
		if at, ok = slices.BinarySearchFunc(cells, c.Column, func(x Cell, column int) int { return x.Column - column }); ok {
			return &cells[at]
		}
	}
	if cells == nil {
		cells = a.room.forCells()
	}
	if at == len(cells) { // the usual case, and quicker than Insert
		cells = append(cells, c)
	} else {
		cells = slices.Insert(cells, at, c)
	}
	a.set.Rows[row].Cells = cells
	return &cells[at]
}

// round adds values to a round, which may be new.
func (c *Cell) round(key string, values []float64, room *room) {
	if i := slices.Index(c.keys, key); i >= 0 {
		c.Rounds[i] = slices.Concat(c.Rounds[i], values)
		sortFew(c.Rounds[i])
		return
	}
	if c.Rounds == nil {
		c.Rounds, c.keys = room.forRounds()
	}
	c.keys, c.Rounds = append(c.keys, key), append(c.Rounds, values)
}

// roundKey tells rounds apart. A file that does not say is one round: it came from one process.
func (o *Origin) roundKey() string {
	if o.Round == 0 {
		return o.File
	}
	return fmt.Sprint(o.Run, "\x00", o.Target, "\x00", o.Round)
}

// column returns the column of an origin, which may be new.
func (a *assembler) column(o *Origin) int {
	label := o.Label(a.set.By)
	i, ok := a.columns[label]
	if !ok {
		i = len(a.set.Columns)
		a.columns[label] = i
		a.set.Columns = append(a.set.Columns, Column{Label: label})
	}
	c := &a.set.Columns[i]
	if further(o.Provenance, c.Provenance) {
		c.Provenance = o.Provenance
	}
	if payload := (Payload{o.BuildKey, o.Payload}); o.Payload != "" && !slices.Contains(c.Payloads, payload) {
		c.Payloads = append(c.Payloads, payload)
	}
	if o.Noise != "" {
		c.Noisy++
	}
	return i
}

// further reports whether a is further from the real machine than b.
func further(a, b record.Provenance) bool {
	order := []record.Provenance{"", record.Native, record.VM, record.Emulated, record.Built}
	return slices.Index(order, a) > slices.Index(order, b)
}

// row returns the row of a benchmark, which may be new.
func (a *assembler) row(b Benchmark) int {
	if a.next < len(a.set.Rows) && a.set.Rows[a.next].Benchmark == b {
		a.next++
		return a.next - 1
	}
	row, known := a.first[b.Name]
	if !known {
		row = a.newRow(b)
		a.first[b.Name] = row
	}
	for a.set.Rows[row].Benchmark != b {
		if a.after[row] == 0 {
			last := a.newRow(b)
			a.after[row] = last
		}
		row = a.after[row]
	}
	a.next = row + 1
	return row
}

func (a *assembler) newRow(b Benchmark) int {
	a.set.Rows, a.after = append(a.set.Rows, Row{Benchmark: b}), append(a.after, 0)
	return len(a.set.Rows) - 1
}

// finish says of each row what all of them have to be known for.
func (a *assembler) finish() {
	pkgs := map[string]bool{}
	for i := range a.set.Rows {
		pkgs[a.set.Rows[i].Pkg] = true
	}
	for i := range a.set.Rows {
		row := &a.set.Rows[i]
		if len(pkgs) == 1 {
			row.Pkg = ""
		}
		for k := range row.Cells {
			row.Cells[k].keys = nil
		}
		if row.Better = a.better[row.Unit]; row.Better != record.Higher && row.Better != record.Lower {
			row.Better = better(row.Unit)
		}
	}
}
