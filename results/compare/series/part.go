package series

import (
	"math"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// part is what one input held.
type part struct {
	origins    []Origin
	benchmarks []Benchmark
	better     map[string]record.Better // by unit, where the input says it
	chunks     []chunk
}

// chunk is the values of one benchmark and one origin, ascending.
type chunk struct {
	benchmark, origin int32
	line              int32 // of the first value; 0 where there are no lines
	values            []float64
}

// scratch collects values in the order in which they come; sorted into a part, they need no more room than they take.
type scratch struct {
	benchmark, origin, line []int32
	value                   []float64
}

func (s *scratch) reset() {
	s.benchmark, s.origin, s.line, s.value = s.benchmark[:0], s.origin[:0], s.line[:0], s.value[:0]
}

func (s *scratch) add(benchmark, origin, line int, value float64) {
	s.benchmark = append(s.benchmark, int32(benchmark))
	s.origin = append(s.origin, int32(origin))
	s.line = append(s.line, int32(min(line, math.MaxInt32)))
	s.value = append(s.value, value)
}

// chunks takes the values apart by benchmark and origin.
func (s *scratch) chunks(benchmarks, origins int) []chunk {
	if benchmarks*origins > 8*len(s.value)+1024 {
		return s.sparse()
	}
	counts := make([]int32, benchmarks*origins)
	used := 0
	at := func(i int) int { return int(s.benchmark[i])*origins + int(s.origin[i]) }
	for i := range s.value {
		if counts[at(i)] == 0 {
			used++
		}
		counts[at(i)]++
	}
	values := make([]float64, len(s.value))
	chunks := make([]chunk, 0, used)
	index := counts // from here on the chunk of each, counted from 1
	for i, n := range counts {
		if n == 0 {
			continue
		}
		chunks = append(chunks, chunk{benchmark: int32(i / origins), origin: int32(i % origins), values: values[:0:n]})
		values = values[n:]
		index[i] = int32(len(chunks))
	}
	for i, v := range s.value {
		chunks[index[at(i)]-1].add(s.line[i], v)
	}
	return finish(chunks)
}

// sparse is chunks for inputs in which most benchmarks have few of very many origins.
func (s *scratch) sparse() []chunk {
	type key struct{ benchmark, origin int32 }
	index := map[key]int{}
	var chunks []chunk
	for i, v := range s.value {
		k := key{s.benchmark[i], s.origin[i]}
		at, ok := index[k]
		if !ok {
			at = len(chunks)
			index[k] = at
			chunks = append(chunks, chunk{benchmark: k.benchmark, origin: k.origin})
		}
		chunks[at].add(s.line[i], v)
	}
	return finish(chunks)
}

func (c *chunk) add(line int32, v float64) {
	if len(c.values) == 0 {
		c.line = line
	}
	c.values = append(c.values, v)
}

func finish(chunks []chunk) []chunk {
	for i := range chunks {
		slices.Sort(chunks[i].values)
	}
	return chunks
}
