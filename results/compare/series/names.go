package series

import (
	"bytes"
	"cmp"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchunit"

	"github.com/xcmatrix/xcmatrix/results/compare/series/benchtext"
)

// name is a benchmark's name in one package, with the units in which it has values so far.
type name struct {
	title      int32
	units      []*unit // in the order of the file
	benchmarks []int32 // the indices in the part
}

// unit is a unit of values.
type unit struct {
	index    int32
	written  []byte // as in the file
	tidy     string // as compared
	factor   float64
	positive bool // its values cannot be zero
}

// inPackage sets the package of the names that follow.
func (r *reader) inPackage(pkg string) {
	r.pkg, r.known, r.last = pkg, nil, r.last[:0]
	if r.names = r.packages[pkg]; r.names == nil {
		r.names = make(map[string]*name, r.usual)
		r.packages[pkg] = r.names
	}
}

// named returns a name, which may be new. Lines of one name mostly follow each other.
func (r *reader) named(text []byte) *name {
	if r.known != nil && bytes.Equal(text, r.last[len(benchtext.Prefix):]) {
		return r.known
	}
	n := r.names[string(text)]
	if n == nil {
		return r.newName(text)
	}
	r.remember(n, text)
	return n
}

// newName adds a name without units.
func (r *reader) newName(text []byte) *name {
	n := &name{title: int32(len(r.part.titles))}
	whole := string(text)
	r.part.addTitle(title{r.pkg, whole})
	r.names[whole] = n
	r.remember(n, text)
	return n
}

// newNameLike returns a new name with the given units.
func (r *reader) newNameLike(text []byte, units []*unit) *name {
	n := r.newName(text)
	n.units = units[:len(units):len(units)] // so that an append to either copies
	n.benchmarks = make([]int32, len(units))
	for i, u := range units {
		n.benchmarks[i] = int32(len(r.part.benchmarks))
		r.part.benchmarks = append(grown(r.part.benchmarks), measured{n.title, u.index})
	}
	return n
}

// remember keeps n as the name of the line before.
func (r *reader) remember(n *name, text []byte) {
	r.known, r.last = n, append(append(r.last[:0], benchtext.Prefix...), text...)
}

// benchmark returns the index in the part of a name in a unit, which may be new.
func (r *reader) benchmark(n *name, u *unit) int32 {
	for i, known := range n.units {
		if known.tidy == u.tidy {
			return n.benchmarks[i]
		}
	}
	index := int32(len(r.part.benchmarks))
	r.part.benchmarks = append(grown(r.part.benchmarks), measured{n.title, u.index})
	n.units, n.benchmarks = append(n.units, u), append(n.benchmarks, index)
	return index
}

// unit returns the unit of a value.
func (r *reader) unit(v *benchfmt.Value) *unit {
	written := cmp.Or(v.OrigUnit, v.Unit)
	u := r.units[written]
	if u == nil {
		factor, tidy := benchunit.Tidy(1, written)
		u = &unit{int32(len(r.part.units)), []byte(written), tidy, factor, positive(tidy)}
		r.part.units = append(r.part.units, tidy)
		r.units[written] = u
	}
	return u
}
