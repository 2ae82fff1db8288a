package rounds

import "math"

// Estimate is a Difference, corrected for rounds that depend on one another. It is on the scale of logarithms.
type Estimate struct {
	Log, Low, High float64 // the difference, and its interval
	P              float64 // p-value: of a difference at least as large if there is none
	Dependent      bool    // the rounds depend on one another; the interval is widened for it
	Plain          bool    // and chance hardly explains that
	Enough         int     // number of rounds that are needed then
	Error          float64 // standard error, from the interval
	Widened        float64 // Error divided by the standard error of independent rounds
	freedom        float64 // of Student's t
	scatter        float64 // degrees of freedom of the scatter of standard errors between measurements
	strict         float64 // standard error without the help of the rank test
	another        float64 // standard error that another measurement may have, if it finds dependence
	critical       float64 // quantile by which Error gives the interval
	chance         float64 // probability of finding dependence if there is none
	tests          int     // number of tests that could find a difference: 1 or 2
}

// Estimate returns the difference with its interval and p-value. all is how similar neighbouring rounds are in all benchmarks of the
// two columns: if they depend on one another, the interval is widened.
func (d *Difference) Estimate(all Neighbours) Estimate {
	depends := d.depend(all)
	freedom := d.freedom()
	plain, scatter := d.variance[0]+d.variance[1], freedom
	if pooled := unequal(d); pooled > plain {
		plain, scatter = pooled, float64(d.sizes[0]+d.sizes[1]-2)
	}
	plain += d.tick
	e := Estimate{Log: d.mean, freedom: freedom, scatter: scatter, Dependent: depends.found, Plain: depends.plain, chance: depends.chance, tests: 1,
		strict: math.Sqrt(plain), another: math.Sqrt(max(plain, d.wide(depends.another)))}
	confidence := d.confidence
	e.Widened = 1
	if depends.found {
		wide := math.Sqrt(max(plain, d.wide(depends.lag)))
		if e.strict > 0 {
			e.Widened = wide / e.strict
		}
		e.strict, e.Enough = wide, enough(depends.lag)
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

// wide returns the variance of the difference of means, widened for a lag.
func (d *Difference) wide(lag float64) float64 {
	wide := d.tick
	for i, n := range d.sizes {
		if n > 1 && d.Excess > 0 {
			times := d.widening(lag, n)
			wide += d.variance[i] * (1 + d.Excess*(times*times-1))
		}
	}
	return wide
}

// unequal returns the variance of series of different lengths if both scatter alike, since a few rounds may happen to be
// close together; 0 for series of one length.
func unequal(d *Difference) float64 {
	if d.fromPairs || d.sizes[0] == d.sizes[1] {
		return 0
	}
	return d.pooled
}

// plainConfidence returns the confidence that the caller of Between asked for.
func (d *Difference) plainConfidence() float64 {
	if d.ranks {
		return 1 - (1-d.confidence)/share
	}
	return d.confidence
}

// join sets the interval to the common part of both. If they have none, it is the interval that needs no assumption.
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

// power is the share of cases in which a change of the detectable size is found, and a little more, because the scatter
// is not quite normal, and its degrees of freedom are an estimate.
const power = 0.8 + 0.05

// Detectable returns the smallest change, on the scale of logarithms, that another measurement like this one would find
// in four of five cases: with its interval beyond a threshold, and its P at most limit.
func (e *Estimate) Detectable(threshold, limit float64) float64 {
	se, strict, wanted := e.Error, e.strict, power+0.4/e.scatter // few rounds, with long tails, need more
	// The other measurement may find dependence although this one found none, and then finds no change.
	switch otherwise := power / (1 - e.chance); {
	case e.Dependent:
		se, strict, wanted = e.another, e.another, 0.94 // the widening of intervals scatters too
	case otherwise > 0.97:
		se, strict, wanted = e.another, e.another, power
	default:
		wanted = min(0.98, max(wanted, otherwise))
	}
	limit /= 2
	if e.tests == 2 {
		limit *= share
	}
	return max(threshold+reach(e.critical, e.scatter, wanted)*se, reach(Quantile(1-limit, e.freedom), e.scatter, wanted)*strict)
}
