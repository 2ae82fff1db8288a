package rounds

import (
	"math"

	"github.com/xcmatrix/xcmatrix/results/compare/ranktest"
)

// Difference is the distance of the second of two series from the first, on the scale of logarithms, before any check
// whether rounds depend on one another.
//
// The interval is the common part of two: that of Welch's t on the logarithms of the round medians, and that of the rank
// test on the same medians (Hodges and Lehmann 1963). The first is shorter if rounds scatter evenly or have two levels,
// the second if a few are far off. Each has a little more than the required confidence, so that their common part has it.
type Difference struct {
	Lag    float64 // similarity of a round to the one before: about the autocorrelation at lag 1, of both series
	Excess float64 // share of the scatter between rounds that the samples do not explain

	times      float64    // variance between rounds divided by that which the samples explain
	mean       float64    // difference of the means
	variance   [2]float64 // of the mean, of either series
	sizes      [2]int     // rounds of either series
	tick       float64    // part of the variance of the mean difference that comes from the resolution of the clock
	pooled     float64    // variance of the mean difference if both series scatter alike
	low, high  float64    // the rank test's interval
	middle     float64    // its middle
	rankP      float64
	ranks      bool // the rank test counts
	fromPairs  bool
	confidence float64 // of either interval
}

// share of the probability of an error that each of the two intervals gets, so that both together have little more than
// all of it: values beyond one interval are mostly beyond the other.
const share = 0.8

// byChance is the ratio that the variance between a few rounds may have by chance to the variance that samples explain.
const byChance = 1.3

// Between returns the difference of two series of rounds at a confidence. tester does its rank test.
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
	// The rank test is wrong for series of very different lengths if one of them scatters more.
	if d.ranks = max(n, m) <= 2*min(n, m); d.ranks {
		d.confidence = 1 - share*(1-confidence)
		d.ranked(a.sorted, b.sorted, tester)
		d.low, d.high = d.low-step/2, d.high+step/2 // equal values may be one step apart
	}
	return d
}

// ranked sets the fields of the rank test for two ascending series.
func (d *Difference) ranked(a, b []float64, tester *ranktest.Tester) {
	p, err := tester.P(a, b)
	if err != nil { // all values are equal
		p = 1
	}
	low, middle, high := tester.Shift(a, b, d.confidence)
	d.rankP, d.low, d.middle, d.high = p, math.Log(low), math.Log(middle), math.Log(high)
}

// OfPairs returns the difference of two series whose i-th rounds were measured side by side: a disturbance of both
// cancels out.
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

// freedom returns the degrees of freedom of the difference of means (Welch 1947).
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

// size returns the number of rounds of each of two equally long series with the same information.
func (d *Difference) size() float64 {
	return 2 / (1/float64(d.sizes[0]) + 1/float64(d.sizes[1]))
}
