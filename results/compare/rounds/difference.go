package rounds

import (
	"math"

	"github.com/xcmatrix/xcmatrix/results/compare/ranktest"
)

// Difference is how far the second of two series lies from the first, on the scale of logarithms, before anything is said
// about whether its rounds depend on one another.
//
// Two intervals are taken, and what both hold is the interval: that of Welch's t on the logarithms of the round medians,
// and that of the rank test on the same medians (Hodges and Lehmann 1963). The first is the shorter one where rounds
// scatter evenly or stand at two levels, the second where a few lie far off. Each has a little more than the confidence
// asked for, so that both together have it.
type Difference struct {
	Lag    float64 // how much a round is like the one before it: about the autocorrelation at lag 1, of both series
	Excess float64 // share of the scatter between rounds that their samples do not explain

	times      float64    // how many times what their samples explain the variance between rounds is
	mean       float64    // difference of the means
	variance   [2]float64 // of the mean, of either series
	sizes      [2]int     // rounds of either series
	tick       float64    // variance of the mean difference that the steps of measuring add
	pooled     float64    // variance of the mean difference if both series scatter alike
	low, high  float64    // the rank test's interval
	middle     float64    // its middle
	rankP      float64
	ranks      bool // the rank test counts
	fromPairs  bool
	confidence float64 // of either interval
}

// share is how much of the chance of an error one of two intervals is given, so that both together have little more than
// all of it: what is beyond one is mostly beyond the other.
const share = 0.8

// byChance is how many times the variance that samples explain the one between a few rounds may well be.
const byChance = 1.3

// Between compares two series of rounds, by a tester's rank test and at this confidence.
func Between(a, b *Side, tester *ranktest.Tester, confidence float64) Difference {
	n, m := len(a.Logs), len(b.Logs)
	d := Difference{mean: b.Mean - a.Mean, variance: [2]float64{a.variance(), b.variance()}, sizes: [2]int{n, m},
		confidence: confidence}
	each := 1/float64(n) + 1/float64(m)
	squares, freedom := a.squares+b.squares, float64(n+m-2)
	d.pooled = squares / freedom * each
	step := resolution(a, b)
	d.tick = step * step / 12 * each
	if squares > 0 {
		d.Lag = 1 - (a.steps+b.steps)/squares/2
		d.Excess, d.times = 1, math.Inf(1)
		if sampling := (a.sampling*float64(n) + b.sampling*float64(m)) / float64(n+m); a.sampling > 0 && b.sampling > 0 {
			d.times = squares / freedom / sampling
			d.Excess = max(0, 1-byChance/d.times)
		}
	}
	// Of series of very different lengths the rank test is led astray where one of them scatters more.
	if d.ranks = max(n, m) <= 2*min(n, m); d.ranks {
		d.confidence = 1 - share*(1-confidence)
		d.ranked(a.sorted, b.sorted, tester)
		d.low, d.high = d.low-step/2, d.high+step/2 // equal values may lie as far apart
	}
	return d
}

func (d *Difference) ranked(a, b []float64, tester *ranktest.Tester) {
	p, err := tester.P(a, b)
	if err != nil { // all are equal
		p = 1
	}
	low, middle, high := tester.Shift(a, b, d.confidence)
	d.rankP, d.low, d.middle, d.high = p, math.Log(low), math.Log(middle), math.Log(high)
}

// OfPairs compares two series whose i-th rounds were measured side by side: what disturbed both cancels out.
func OfPairs(a, b *Side, confidence float64) Difference {
	var s Side
	for i, v := range b.Logs {
		s.Logs = append(s.Logs, v-a.Logs[i])
	}
	s.sum()
	n := len(s.Logs)
	d := Difference{mean: s.Mean, variance: [2]float64{s.variance(), 0}, sizes: [2]int{n, 0}, confidence: confidence, fromPairs: true}
	if p, low, middle, high := signed(s.Logs, 1-share*(1-confidence)); !math.IsInf(low, -1) {
		d.ranks, d.confidence = true, 1-share*(1-confidence)
		d.rankP, d.low, d.middle, d.high = p, low, middle, high
	}
	return d
}

// freedom is the degrees of freedom of the difference of means (Welch 1947).
func (d *Difference) freedom() float64 {
	if d.fromPairs {
		return float64(d.sizes[0] - 1)
	}
	a, b := d.variance[0], d.variance[1]
	if a+b == 0 {
		return float64(d.sizes[0] + d.sizes[1] - 2)
	}
	return (a + b) * (a + b) / (a*a/float64(d.sizes[0]-1) + b*b/float64(d.sizes[1]-1))
}

// size is the number of rounds of each of two equally long series that would tell as much.
func (d *Difference) size() float64 {
	return 2 / (1/float64(d.sizes[0]) + 1/float64(d.sizes[1]))
}
