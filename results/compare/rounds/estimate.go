package rounds

import "math"

// Estimate is a Difference with all that is known about its rounds. It is on the scale of logarithms.
type Estimate struct {
	Log, Low, High float64 // the difference, and the interval that holds it
	P              float64 // of a difference at least as great if there is none
	Dependent      bool    // the rounds depend on one another; the interval is widened for it
	Plain          bool    // and chance alone would hardly have shown it
	Enough         int     // if so, that many rounds are needed
	Error          float64 // standard error, from the interval
	Widened        float64 // how many times the standard error of independent rounds the one is that was reckoned with
	freedom        float64
	strict         float64 // standard error without the help of the rank test
	wide           float64 // standard error if dependence is found
	critical       float64 // quantile by which Error makes the interval
	chance         float64 // of finding dependence where there is none
	tests          int     // how many tests had a chance to find a difference: 1 or 2
}

// Estimate makes the estimate, knowing the lags of all benchmarks.
func (d *Difference) Estimate(all Neighbours) Estimate {
	depends := d.depend(all)
	freedom := d.freedom()
	variance := d.variance[0] + d.variance[1]
	wide := 0.0
	for i, n := range d.sizes {
		if n > 1 && d.Excess > 0 {
			times := d.widening(max(depends.lag, depends.another), n)
			wide += d.variance[i] * (1 + d.Excess*(times*times-1))
		}
	}
	plain := max(variance, unequal(d)) + d.tick
	e := Estimate{Log: d.mean, freedom: freedom, Dependent: depends.found, Plain: depends.plain, chance: depends.chance, tests: 1,
		strict: math.Sqrt(plain), wide: math.Sqrt(max(plain, wide+d.tick))}
	confidence := d.confidence
	e.Widened = 1
	if depends.found {
		if e.strict > 0 {
			e.Widened = e.wide / e.strict
		}
		e.strict, e.Enough = e.wide, enough(depends.lag)
		confidence = d.plainConfidence()
	}
	e.critical = Quantile((1+confidence)/2, freedom)
	half := e.critical * e.strict
	e.Low, e.High, e.Error = d.mean-half, d.mean+half, e.strict
	e.P = tail(d.mean, e.strict, freedom)
	if d.ranks && !depends.found {
		e.join(d)
	}
	return e
}

// unequal is the variance of series of different lengths if both scatter alike: where few rounds happen to lie close
// together, the many of the other series know better. It is 0 for series of one length.
func unequal(d *Difference) float64 {
	if d.fromPairs || d.sizes[0] == d.sizes[1] {
		return 0
	}
	return d.pooled
}

// plainConfidence is the one that was asked for.
func (d *Difference) plainConfidence() float64 {
	if d.ranks {
		return 1 - (1-d.confidence)/share
	}
	return d.confidence
}

// join takes what both intervals hold. Where they hold nothing in common, the one that needs no assumption counts.
func (e *Estimate) join(d *Difference) {
	low, high := max(e.Low, d.low), min(e.High, d.high)
	if low > high {
		low, high = d.low, d.high
	}
	e.Low, e.High, e.tests = low, high, 2
	e.Log = min(high, max(low, d.middle))
	e.Error = min(e.strict, (high-low)/2/e.critical)
	e.P = min(1, min(e.P, d.rankP)/share)
}

// power is the share of cases in which a change as great as the detectable one is found.
const power = 0.8

// Detectable is the smallest change, on the scale of logarithms, that another measurement like this one would find in
// four of five cases: its interval would have to lie beyond a threshold, and its P to be at most limit.
func (e *Estimate) Detectable(threshold, limit float64) float64 {
	se, strict, wanted := e.Error, e.strict, power
	if !e.Dependent && e.chance > 0 {
		// The other measurement may find dependence where there is none, and then finds no change.
		if wanted = power / (1 - e.chance); wanted > 0.97 {
			se, strict, wanted = e.wide, e.wide, power
		}
	}
	limit /= 2
	if e.tests == 2 {
		limit *= share
	}
	return max(threshold+reach(e.critical, e.freedom, wanted)*se, reach(Quantile(1-limit, e.freedom), e.freedom, wanted)*strict)
}
