package series

import (
	"math"
	"slices"
)

// lineGroup is consecutive lines of one origin with the same benchmarks in the same order. In most files all samples of a
// benchmark are such a group, whose values are sorted without a detour through scratch.
type lineGroup struct {
	benchmarks []int32
	line       int       // of the first line
	values     []float64 // line by line
}

// minGroup is the least number of lines that are stored as a group; fewer go through scratch.
const minGroup = 4

// addLine adds the values of a line, which are of these benchmarks and of the current origin.
func (r *reader) addLine(benchmarks []int32, line int, values []float64) {
	s := &r.group
	if !s.has(benchmarks) || len(s.values) >= window {
		r.endGroup()
		s.benchmarks, s.line = append(s.benchmarks[:0], benchmarks...), min(line, math.MaxInt32)
	}
	s.values = append(s.values, values...)
}

// has reports whether the group's lines have these benchmarks.
func (s *lineGroup) has(benchmarks []int32) bool {
	if len(benchmarks) != len(s.benchmarks) {
		return false
	}
	for i, b := range benchmarks {
		if s.benchmarks[i] != b {
			return false
		}
	}
	return true
}

// endGroup stores the values of the current group, and the window if it is full.
func (r *reader) endGroup() {
	s := &r.group
	if len(s.values) == 0 {
		return
	}
	width := len(s.benchmarks)
	if lines := len(s.values) / width; lines < minGroup {
		for i, v := range s.values {
			r.scratch = append(r.scratch, scratched{v, s.benchmarks[i%width], int32(r.origin), int32(s.line)})
		}
	} else {
		for i, b := range s.benchmarks {
			r.chunks = append(r.chunks, chunk{benchmark: b, origin: int32(r.origin), line: int32(s.line), values: r.column(i, width, lines)})
		}
	}
	r.collected += len(s.values)
	s.values, s.benchmarks = s.values[:0], s.benchmarks[:0]
	if r.collected >= window {
		r.endWindow()
	}
}

// column returns every width-th of the group's values from the i-th on, in ascending order.
func (r *reader) column(i, width, lines int) []float64 {
	values := r.group.values[i:]
	if steady(values, width) {
		return r.constant(values[0], lines)
	}
	column := r.alloc(lines)
	for k := range column {
		column[k] = values[k*width]
	}
	sortFew(column)
	return column
}

// steady reports whether every width-th value is the same.
func steady(values []float64, width int) bool {
	first := math.Float64bits(values[0])
	for k := width; k < len(values); k += width {
		if math.Float64bits(values[k]) != first {
			return false
		}
	}
	return true
}

// repeated is one value, lines times.
type repeated struct {
	value uint64 // bits of the value
	lines int
}

// constant returns a column of lines times v. Columns are shared: most benchmarks have "0 allocs/op".
func (r *reader) constant(v float64, lines int) []float64 {
	key := repeated{math.Float64bits(v), lines}
	column, ok := r.constants[key]
	if ok {
		return column
	}
	if column = r.alloc(lines); len(r.constants) >= mostConstants || r.constants == nil {
		r.constants = make(map[repeated][]float64, mostConstants)
	}
	for k := range column {
		column[k] = v
	}
	r.constants[key] = column
	return column
}

// mostConstants is the largest number of shared columns.
const mostConstants = 256

// alloc returns a slice of n values, cut from a large one.
func (r *reader) alloc(n int) []float64 {
	if len(r.free) < n {
		r.free = make([]float64, max(n, window/8))
	}
	values := r.free[:n:n]
	r.free = r.free[n:]
	return values
}

// endWindow adds what was collected to the part as a window.
func (r *reader) endWindow() {
	if r.collected == 0 {
		return
	}
	var chunks []chunk
	if len(r.scratch) > 0 {
		chunks = r.scratch.chunks(len(r.part.origins))
	}
	if len(r.chunks) > 0 {
		chunks = inOrder(slices.Concat(r.chunks, chunks))
	}
	r.part.windows = append(r.part.windows, chunks)
	r.scratch, r.chunks, r.collected = r.scratch[:0], r.chunks[:0], 0
}
