package series

import (
	"math"
	"slices"
)

// stretch is lines of one origin and of the same benchmarks, in the same order, one after the other: in most files all
// samples of a benchmark are. Its values are taken apart without a detour through scratch.
type stretch struct {
	benchmarks []int32
	line       int       // the first
	values     []float64 // line by line
}

// short is how many lines are not worth being chunks of their own.
const short = 4

// put takes the values of a line in, of these benchmarks and the current origin.
func (r *reader) put(benchmarks []int32, line int, values []float64) {
	s := &r.stretch
	if !s.of(benchmarks) || len(s.values) >= window {
		r.flush()
		s.benchmarks, s.line = append(s.benchmarks[:0], benchmarks...), min(line, math.MaxInt32)
	}
	s.values = append(s.values, values...)
}

// of reports whether lines of these benchmarks go on with s.
func (s *stretch) of(benchmarks []int32) bool {
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

// flush ends the stretch.
func (r *reader) flush() {
	s := &r.stretch
	if len(s.values) == 0 {
		return
	}
	width := len(s.benchmarks)
	if lines := len(s.values) / width; lines < short {
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
		r.settle()
	}
}

// column is every width-th of the stretch's values from the i-th on, in ascending order.
func (r *reader) column(i, width, lines int) []float64 {
	values := r.stretch.values[i:]
	if steady(values, width) {
		return r.constant(values[0], lines)
	}
	column := r.cut(lines)
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

// same is so many times one value.
type same struct {
	value uint64 // its bits
	lines int
}

// constant returns a column of one value, which many benchmarks share: "0 allocs/op" is what most of them have.
func (r *reader) constant(v float64, lines int) []float64 {
	key := same{math.Float64bits(v), lines}
	column, ok := r.constants[key]
	if ok {
		return column
	}
	if column = r.cut(lines); len(r.constants) >= mostConstants || r.constants == nil {
		r.constants = make(map[same][]float64, mostConstants)
	}
	for k := range column {
		column[k] = v
	}
	r.constants[key] = column
	return column
}

// mostConstants is how many are kept to be shared.
const mostConstants = 256

// cut returns room for so many values.
func (r *reader) cut(lines int) []float64 {
	if len(r.room) < lines {
		r.room = make([]float64, max(lines, window/8))
	}
	column := r.room[:lines:lines]
	r.room = r.room[lines:]
	return column
}

// settle ends a window.
func (r *reader) settle() {
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
