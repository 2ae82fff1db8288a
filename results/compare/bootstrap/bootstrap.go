// Package bootstrap estimates how far a ratio of medians can be trusted when samples come in rounds. Samples of one
// round share what the machine was like in that round, so they say less than their number: resampling draws rounds
// first, and then samples within each drawn round (Davison and Hinkley 1997, §3.8; Kalibera and Jones 2013). The
// statistic is the median of the round medians.
//
// Drawing n samples and taking their median is not done draw by draw. Which two of the sorted samples end up in the
// middle has a known distribution that depends on n alone; one draw from a table of it costs the same for any n.
package bootstrap

import (
	"hash/fnv"
	"math"
	"slices"
)

// Rounds holds the samples of each round in ascending order; all are positive.
type Rounds [][]float64

// Median is the median of the round medians.
func (r Rounds) Median() float64 {
	if len(r) == 1 {
		return median(r[0])
	}
	return median(r.Medians())
}

// Medians are those of the rounds, in ascending order.
func (r Rounds) Medians() []float64 {
	medians := make([]float64, len(r))
	for i, samples := range r {
		medians[i] = median(samples)
	}
	slices.Sort(medians)
	return medians
}

// median of sorted values.
func median(sorted []float64) float64 {
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Resampler draws. It keeps tables and scratch space: one a goroutine. What it draws depends on the seed and the names
// given alone, not on what was drawn before.
type Resampler struct {
	seed   uint64
	tables map[int]*table
	logs   []float64
	rounds []drawn
	picked []float64
}

// drawn is one round, ready to be drawn from.
type drawn struct {
	logs  []float64
	table *table
}

// New returns a Resampler.
func New(seed uint64) *Resampler { return &Resampler{seed: seed, tables: map[int]*table{}} }

// Logs fills dst with natural logarithms of the statistic, each of a new resample. All benchmarks of one machine draw
// the same rounds, because a bad round is bad for all of them: what is computed over benchmarks relies on it.
func (r *Resampler) Logs(dst []float64, rounds Rounds, machine, benchmark string) {
	r.prepare(rounds)
	n := uint64(len(rounds))
	roundState, sampleState := r.seed^hash(machine), r.seed^hash(machine, benchmark)
	for i := range dst {
		for k := range r.picked {
			round := &r.rounds[mix(&roundState)>>32*n>>32]
			r.picked[k] = round.table.draw(mix(&sampleState), round.logs)
		}
		sortFew(r.picked)
		dst[i] = median(r.picked)
	}
}

// PairLogs fills dst with logarithms of how many times greater b is than a, each of a new resample. The i-th rounds of
// both were measured side by side, so they are drawn together: what disturbed both cancels out. The statistic is the
// median over the pairs of the ratio of their medians.
func (r *Resampler) PairLogs(dst []float64, a, b Rounds, name string) {
	r.prepare(slices.Concat(a, b))
	r.picked = r.picked[:len(a)]
	n := uint64(len(a))
	roundState, sampleState := r.seed^hash("pairs"), r.seed^hash("pairs", name)
	for i := range dst {
		for k := range r.picked {
			pair := mix(&roundState) >> 32 * n >> 32
			below, above := &r.rounds[pair], &r.rounds[pair+n]
			r.picked[k] = above.table.draw(mix(&sampleState), above.logs) - below.table.draw(mix(&sampleState), below.logs)
		}
		sortFew(r.picked)
		dst[i] = median(r.picked)
	}
}

// PairRatio is the median over pairs of rounds of how many times greater b is than a.
func PairRatio(a, b Rounds) float64 {
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = median(b[i]) / median(a[i])
	}
	slices.Sort(ratios)
	return median(ratios)
}

func (r *Resampler) prepare(rounds Rounds) {
	r.logs, r.rounds = r.logs[:0], r.rounds[:0]
	for _, samples := range rounds {
		for _, v := range samples {
			r.logs = append(r.logs, math.Log(v))
		}
	}
	rest := r.logs
	for _, samples := range rounds {
		n := len(samples)
		if r.tables[n] == nil {
			r.tables[n] = newTable(n)
		}
		r.rounds = append(r.rounds, drawn{rest[:n], r.tables[n]})
		rest = rest[n:]
	}
	r.picked = slices.Grow(r.picked[:0], len(rounds))[:len(rounds)]
}

// sortFew sorts a handful of values.
func sortFew(s []float64) {
	if len(s) > 24 {
		slices.Sort(s)
		return
	}
	for i := 1; i < len(s); i++ {
		v, j := s[i], i
		for ; j > 0 && s[j-1] > v; j-- {
			s[j] = s[j-1]
		}
		s[j] = v
	}
}

// mix is one step of SplitMix64 (Steele, Lea and Flood 2014).
func mix(state *uint64) uint64 {
	*state += 0x9e3779b97f4a7c15
	z := *state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func hash(names ...string) uint64 {
	h := fnv.New64a()
	for _, name := range names {
		_, _ = h.Write([]byte(name))
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}

// Pool is all samples as if they were of one round.
func Pool(rounds Rounds) Rounds {
	all := slices.Concat(rounds...)
	slices.Sort(all)
	return Rounds{all}
}
