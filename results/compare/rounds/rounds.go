// Package rounds compares measurements that were repeated in rounds. Samples of one round share the state of the machine
// in that round, so their number overstates their information. The medians of rounds have the whole scatter, within
// rounds and between them, so only they are compared (Kalibera and Jones 2013, §9). All computations are on logarithms,
// so that neither the order of the two series nor the choice of time or speed matters. Nothing is random.
package rounds

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/results/median"
)

// Rounds holds the samples of each round in ascending order, the rounds in the order in which they were measured.
type Rounds [][]float64

// Median returns the median of the round medians.
func (r Rounds) Median() float64 {
	if len(r) == 1 {
		return median.OfSorted(r[0])
	}
	return median.OfSorted(r.Medians())
}

// Medians returns the medians of the rounds, in ascending order.
func (r Rounds) Medians() []float64 {
	medians := make([]float64, len(r))
	for i, samples := range r {
		medians[i] = median.OfSorted(samples)
	}
	slices.Sort(medians)
	return medians
}

// Pool returns all samples as one sorted round.
func Pool(rounds Rounds) Rounds {
	all := slices.Concat(rounds...)
	slices.Sort(all)
	return Rounds{all}
}

// Zero reports whether the median of a round is zero, which has no logarithm.
func (r Rounds) Zero() bool {
	return slices.ContainsFunc(r, func(samples []float64) bool { return samples[len(samples)/2] == 0 })
}

// Constant reports whether all samples are equal.
func (r Rounds) Constant() bool {
	for _, samples := range r {
		if samples[0] != r[0][0] || samples[len(samples)-1] != r[0][0] {
			return false
		}
	}
	return true
}
