package series

import (
	"fmt"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// assembler puts parts together in the order in which they were given: first it finds the row of each chunk, then all
// workers fill in the cells, each those of its rows.
type assembler struct {
	set      *Set
	columns  map[string]int
	rounds   map[string]int32 // by their key
	better   map[string]record.Better
	rows     map[Benchmark]int // made when the first benchmark comes out of turn
	packages bool              // there are several
	within   within
	next     int // the row after the one before: benchmarks mostly come in the same order in all parts
}

// placed is a part whose chunks have rows, and what its origins are.
type placed struct {
	*part
	columns []int
	rounds  []int32
}

// assemble joins the parts that were read from files into one set, with a row per benchmark and a column per label. Nil parts are
// ignored.
func assemble(parts []*part, by By, workers int) *Set {
	parts = slices.DeleteFunc(slices.Clone(parts), func(p *part) bool { return p == nil })
	names, most := processors(parts, by), 0
	for _, p := range parts {
		most = max(most, len(p.benchmarks))
	}
	a := &assembler{set: &Set{By: by, Rows: make([]Row, 0, most)}, columns: map[string]int{}, rounds: map[string]int32{},
		better: map[string]record.Better{}, within: withinOf(parts, by)}
	all := make([]placed, len(parts))
	for i, p := range parts {
		all[i] = a.place(p, names)
	}
	a.fill(all, max(1, workers))
	return a.set
}

// place finds columns, rounds and rows for a part.
func (a *assembler) place(p *part, names map[title]bool) placed {
	for unit, b := range p.better {
		a.better[unit] = b
	}
	// A round is known by where it stands and by its number there, never by its label: several files of one label are
	// several rounds, and so are the first rounds of two runs. A file that does not tell its rounds is one: it came from
	// one process.
	done := placed{p, make([]int, len(p.origins)), make([]int32, len(p.origins))}
	for i := range p.origins {
		done.columns[i], done.rounds[i] = a.column(&p.origins[i]), a.round(p.path, &p.origins[i])
	}
	for _, suffix := range p.suffixes() {
		for _, column := range slices.Compact(slices.Sorted(slices.Values(done.columns))) {
			a.set.Columns[column].processors(suffix)
		}
	}
	p.rename(names)
	a.findRows(p)
	return done
}

// findRows finds the row of each chunk. As long as no two names can be of one benchmark, what was not there before in
// the first part is a new row.
func (a *assembler) findRows(p *part) {
	apart, last := len(a.set.Rows) == 0 && p.uniform, int32(-1)
	a.next = 0
	for c := range p.chunks() {
		o := &p.origins[c.origin]
		if c.row = -1; o.Noise != "" || a.within.leftOut(o) {
			continue
		}
		m := p.benchmarks[c.benchmark]
		t := &p.titles[m.title]
		b := Benchmark{Pkg: t.pkg, Name: t.name, Unit: p.units[m.unit], On: a.within.target(o)}
		if apart && c.benchmark > last {
			c.row, last = int32(a.newRow(b)), c.benchmark
		} else {
			c.row = int32(a.row(b))
		}
	}
}

// round returns a number for the round of an origin in the input at path.
func (a *assembler) round(path string, o *Origin) int32 {
	key := fmt.Sprint(path, "\x00", o.Run, "\x00", o.Target, "\x00", o.Round)
	n, ok := a.rounds[key]
	if !ok {
		n = int32(len(a.rounds))
		a.rounds[key] = n
	}
	return n
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
	if a.within.leftOut(o) {
		if !slices.Contains(c.Emulated, o.Target) {
			c.Emulated = append(c.Emulated, o.Target)
		}
		return i
	}
	if further(o.Provenance, c.Provenance) {
		c.Provenance = o.Provenance
	}
	if payload := (Payload{o.BuildKey, o.Payload}); o.Payload != "" && !slices.Contains(c.Payloads, payload) {
		c.Payloads = append(c.Payloads, payload)
	}
	if o.Noise != "" {
		c.unused(o)
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
	for _, row := range [...]int{a.next, a.next - 1} { // the next one, or another round of the same
		if row >= 0 && row < len(a.set.Rows) && a.set.Rows[row].Benchmark == b {
			a.next = row + 1
			return row
		}
	}
	if a.rows == nil {
		a.rows = make(map[Benchmark]int, len(a.set.Rows))
		for i := range a.set.Rows {
			a.rows[a.set.Rows[i].Benchmark] = i
		}
	}
	row, ok := a.rows[b]
	if !ok {
		return a.newRow(b)
	}
	a.next = row + 1
	return row
}

func (a *assembler) newRow(b Benchmark) int {
	row := len(a.set.Rows)
	a.set.Rows, a.next = append(a.set.Rows, Row{Benchmark: b}), row+1
	a.packages = a.packages || b.Pkg != a.set.Rows[0].Pkg
	if a.rows != nil {
		a.rows[b] = row
	}
	return row
}
