package series

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// assembler puts parts together in the order in which they were given.
type assembler struct {
	set     *Set
	columns map[string]int
	rows    map[string]*[]int // by the benchmark's name
	better  map[string]record.Better
	next    int    // the row after the one before: benchmarks mostly come in the same order in all parts
	last    string // the name of the one before
	same    *[]int // and the rows of that name
}

func assemble(parts []*part, by By) *Set {
	names, most := processors(parts, by), 0
	for _, p := range parts {
		if p != nil {
			most = max(most, len(p.benchmarks))
		}
	}
	a := &assembler{set: &Set{By: by, Rows: make([]Row, 0, most)}, columns: map[string]int{}, rows: map[string]*[]int{},
		better: map[string]record.Better{}}
	for _, p := range parts {
		if p != nil {
			a.add(p, names)
		}
	}
	a.finish()
	return a.set
}

// add takes one part in.
func (a *assembler) add(p *part, names map[title]bool) {
	for unit, b := range p.better {
		a.better[unit] = b
	}
	columns, keys := make([]int, len(p.origins)), make([]string, len(p.origins))
	for i := range p.origins {
		columns[i] = a.column(&p.origins[i])
		keys[i] = p.origins[i].roundKey()
	}
	for c := range p.chunks() {
		o := &p.origins[c.origin]
		if o.Noise != "" {
			continue
		}
		row := a.row(rename(p.benchmarks[c.benchmark], names), o.within(a.set.By))
		a.cell(row, Cell{Column: columns[c.origin], File: o.File, Line: int(c.line)}).round(keys[c.origin], c.values)
	}
}

// cell returns a cell of a row. If the row has none in its column yet, it is the one given.
func (a *assembler) cell(row int, c Cell) *Cell {
	cells := a.set.Rows[row].Cells
	at, ok := len(cells), false
	if at > 0 && cells[at-1].Column >= c.Column {
		at, ok = slices.BinarySearchFunc(cells, c.Column, func(x Cell, column int) int { return x.Column - column })
	}
	if !ok {
		cells = slices.Insert(cells, at, c)
		a.set.Rows[row].Cells = cells
	}
	return &cells[at]
}

// round adds values to a round, which may be new.
func (c *Cell) round(key string, values []float64) {
	if i := slices.Index(c.keys, key); i >= 0 {
		c.Rounds[i] = slices.Concat(c.Rounds[i], values)
		slices.Sort(c.Rounds[i])
		return
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
func (a *assembler) row(b Benchmark, on string) int {
	b.On = on
	if a.next < len(a.set.Rows) && a.set.Rows[a.next].Benchmark == b {
		a.next++
		return a.next - 1
	}
	if a.last != b.Name || a.same == nil {
		a.last, a.same = b.Name, a.rows[b.Name]
		if a.same == nil {
			a.same = new([]int)
			a.rows[b.Name] = a.same
		}
	}
	for _, i := range *a.same {
		if a.set.Rows[i].Benchmark == b {
			a.next = i + 1
			return i
		}
	}
	a.next = len(a.set.Rows) + 1
	*a.same = append(*a.same, a.next-1)
	a.set.Rows = append(a.set.Rows, Row{Benchmark: b})
	return a.next - 1
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

// title is a benchmark's name without its unit.
type title struct{ pkg, name string }

// processors finds the names whose "-8" at the end is the number of processors, which `go test` adds: it is dropped, so
// that machines of different size have the same benchmarks. It stays where one column has the name with two of them:
// those are in the result.
func processors(parts []*part, by By) map[title]bool {
	type at struct {
		title
		column string
	}
	suffixes, keep := map[at]string{}, map[title]bool{}
	for _, p := range parts {
		if p == nil {
			continue
		}
		labels := p.labels(by)
		var previous title
		for i, b := range p.benchmarks {
			if whole := (title{b.Pkg, b.Name}); whole == previous && len(labels[i]) == 1 {
				continue // another unit
			} else {
				previous = whole
			}
			base, suffix := split(b.Name)
			t := title{b.Pkg, base}
			for _, label := range labels[i] {
				if before, ok := suffixes[at{t, label}]; ok && before != suffix {
					keep[t] = true
				}
				suffixes[at{t, label}] = suffix
			}
		}
	}
	return keep
}

// labels tells in which columns each benchmark of a part has values.
func (p *part) labels(by By) [][]string {
	all := make([]string, len(p.origins))
	for i := range p.origins {
		all[i] = p.origins[i].Label(by)
	}
	distinct := slices.Compact(slices.Clone(all))
	labels := make([][]string, len(p.benchmarks))
	if len(distinct) == 1 {
		for i := range labels {
			labels[i] = distinct
		}
		return labels
	}
	for c := range p.chunks() {
		if label := all[c.origin]; !slices.Contains(labels[c.benchmark], label) {
			labels[c.benchmark] = append(labels[c.benchmark], label)
		}
	}
	return labels
}

// rename drops the number of processors from a benchmark's name.
func rename(b Benchmark, keep map[title]bool) Benchmark {
	if base, _ := split(b.Name); !keep[title{b.Pkg, base}] {
		b.Name = base
	}
	return b
}

// split parts a name from "-8" at its end.
func split(name string) (base, suffix string) {
	i := strings.LastIndexByte(name, '-')
	if i <= 0 || i == len(name)-1 || strings.Trim(name[i+1:], "0123456789") != "" {
		return name, ""
	}
	return name[:i], name[i:]
}
