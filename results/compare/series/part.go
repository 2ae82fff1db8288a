package series

import (
	"cmp"
	"iter"
	"math"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// part is the values of one input.
type part struct {
	path       string // of the input; "" for samples in memory
	origins    []Origin
	titles     []title
	suffix     string // of the first title: "-8"
	uniform    bool   // all titles have the suffix
	units      []string
	benchmarks []measured
	better     map[string]record.Better // by unit, if the input declares it
	windows    [][]chunk
}

// title is a benchmark's name without its unit.
type title struct{ pkg, name string }

// measured is a benchmark: a title and a unit of the part, by their index.
type measured struct{ title, unit int32 }

// chunk is the values of one benchmark and one origin, ascending.
type chunk struct {
	benchmark, origin int32
	line              int32 // of the first value; 0 if the input has no lines
	row               int32 // of the set, -1 for none; set when all parts are read
	values            []float64
}

// chunks returns the chunks of all windows.
func (p *part) chunks() iter.Seq[*chunk] {
	return func(yield func(*chunk) bool) {
		for _, w := range p.windows {
			for i := range w {
				if !yield(&w[i]) {
					return
				}
			}
		}
	}
}

// addTitle adds a title.
func (p *part) addTitle(t title) {
	_, suffix := split(t.name)
	if len(p.titles) == 0 {
		p.suffix, p.uniform = suffix, true
	}
	p.uniform = p.uniform && suffix == p.suffix
	p.titles = append(grown(p.titles), t)
}

// window is the number of values that are collected before they are sorted by benchmark: large enough that few benchmarks
// are cut in two, and small enough for the processor's cache.
const window = 1 << 16

// scratch collects values in the order of the input. Sorting them by benchmark needs no memory beyond theirs.
type scratch []scratched

// scratched is one value with its benchmark, origin and line.
type scratched struct {
	value                   float64
	benchmark, origin, line int32
}

// chunks returns the values by benchmark and origin.
func (s scratch) chunks(origins int) []chunk {
	first, last := s.span()
	if (last-first+1)*origins > 8*len(s)+1024 {
		return s.sparse()
	}
	counts := make([]int32, (last-first+1)*origins)
	used := 0
	at := func(i int) int { return (int(s[i].benchmark)-first)*origins + int(s[i].origin) }
	for i := range s {
		if counts[at(i)] == 0 {
			used++
		}
		counts[at(i)]++
	}
	values := make([]float64, len(s))
	chunks := make([]chunk, 0, used)
	index := counts // from here on the chunk of each, counted from 1
	for i, n := range counts {
		if n == 0 {
			continue
		}
		chunks = append(chunks, chunk{benchmark: int32(first + i/origins), origin: int32(i % origins), values: values[:0:n]})
		values = values[n:]
		index[i] = int32(len(chunks))
	}
	for i := range s {
		chunks[index[at(i)]-1].add(s[i].line, s[i].value)
	}
	return finish(chunks)
}

// span returns the first and the last benchmark with values.
func (s scratch) span() (first, last int) {
	first = math.MaxInt
	for i := range s {
		first, last = min(first, int(s[i].benchmark)), max(last, int(s[i].benchmark))
	}
	return min(first, last), last
}

// sparse does what chunks does, for inputs with very many origins, of which each benchmark has few.
func (s scratch) sparse() []chunk {
	type key struct{ benchmark, origin int32 }
	index := map[key]int{}
	var chunks []chunk
	for i := range s {
		k := key{s[i].benchmark, s[i].origin}
		at, ok := index[k]
		if !ok {
			at = len(chunks)
			index[k] = at
			chunks = append(chunks, chunk{benchmark: k.benchmark, origin: k.origin})
		}
		chunks[at].add(s[i].line, s[i].value)
	}
	return finish(chunks)
}

// add adds a value.
func (c *chunk) add(line int32, v float64) {
	if len(c.values) == 0 {
		c.line = line
	}
	c.values = append(c.values, v)
}

// finish sorts the values of each chunk.
func finish(chunks []chunk) []chunk {
	for i := range chunks {
		sortFew(chunks[i].values)
	}
	return chunks
}

// inOrder sorts the chunks of a window as scratch.chunks does, then by their line.
func inOrder(chunks []chunk) []chunk {
	slices.SortFunc(chunks, func(a, b chunk) int {
		return cmp.Or(cmp.Compare(a.benchmark, b.benchmark), cmp.Compare(a.origin, b.origin), cmp.Compare(a.line, b.line))
	})
	return chunks
}

// sortFew sorts values, of which there are mostly fewer than ten.
func sortFew(values []float64) {
	if len(values) > 32 {
		slices.Sort(values)
		return
	}
	for i, v := range values {
		for ; i > 0 && values[i-1] > v; i-- {
			values[i] = values[i-1]
		}
		values[i] = v
	}
}
