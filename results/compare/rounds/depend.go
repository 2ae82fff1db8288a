package rounds

import "math"

// Neighbours is how much the rounds of all benchmarks of two columns are like the ones before them, all taken together.
// One benchmark with few rounds hardly tells whether its rounds depend on one another; twenty do.
type Neighbours struct {
	Lag    float64 // mean of the benchmarks' Lag
	Spread float64 // variance of the benchmarks' Lag
	N      int     // benchmarks
}

// Add adds a benchmark (Welford 1962).
func (n *Neighbours) Add(lag float64) {
	n.N++
	step := lag - n.Lag
	n.Lag += step / float64(n.N)
	n.Spread += (step*(lag-n.Lag) - n.Spread) / float64(n.N)
}

// dependence is what was found about the rounds of one benchmark.
type dependence struct {
	found   bool
	plain   bool    // chance alone would hardly have shown it
	lag     float64 // that is to be reckoned with
	chance  float64 // of finding as much where there is none
	another float64 // lag that another measurement of the same may well find, if it finds any
}

// Where dependence is looked for, the lag that counts is this many standard deviations beyond none: with 5 rounds and no
// other benchmark to ask, nearly all that is not below none, because what is overlooked there makes three intervals in
// four wrong; see docs/measuring.md for what was tried. The more rounds or benchmarks there are, the less is overlooked,
// and the less has to be suspected.
const (
	atFive   = -0.75
	atTen    = 1.0
	atTwenty = 1.65
	several  = 5
	ofMany   = 1.6  // of a benchmark's lag and the mean of many, halved
	ofAll    = 3.0  // of the mean of many
	unproven = 0.65 // lag more is needed where the samples of rounds explain all their scatter
	proven   = 2.6  // times what their samples explain is more than chance makes of it
)

// depend decides whether rounds depend on one another.
func (d *Difference) depend(all Neighbours) dependence {
	size := d.size()
	if size < 4 || d.Excess == 0 || d.fromPairs {
		return dependence{}
	}
	alone := lagDeviation(size)
	// The mean of many lags scatters less, unless what a round is like is common to all benchmarks: then their lags are
	// alike, and all together say no more than one.
	together, weight := alone, 1.0
	if all.N > 1 {
		spread := all.Spread * float64(all.N) / float64(all.N-1)
		together = min(alone, math.Sqrt(max(0, alone*alone-spread)+spread/float64(all.N)))
		weight = together / alone
	} else {
		all.Lag = d.Lag
	}
	limit := atTwenty
	switch {
	case size < 10:
		limit = atFive + (atTen-atFive)*max(0, size-5)/5
	case size < 20:
		limit = atTen + (atTwenty-atTen)*(size-10)/10
	}
	if limit < atTen { // several benchmarks tell together what more rounds of one would
		limit += (atTen - limit) * min(1, (1/(weight*weight)-1)/several)
	}
	least := alone * (limit*weight + ofMany*(1-weight))
	if d.times < proven {
		least += unproven * (1 - math.Log(max(1, d.times))/math.Log(proven))
	}
	found := dependence{lag: (d.Lag + all.Lag) / 2, another: least + alone}
	found.chance = math.Erfc(least/(alone*(1+weight)/2)/math.Sqrt2) / 2
	found.another = max(found.another, found.lag+alone)
	found.found, found.plain = found.lag > least, found.lag > atTwenty*alone
	if weight < 1 && all.Lag > together*(limit*weight+ofAll*(1-weight)) {
		found.found, found.plain, found.lag = true, true, max(d.Lag, all.Lag)
	}
	return found
}

// lagDeviation is the standard deviation of Lag of two series of so many rounds that do not depend on one another, from
// that of von Neumann's ratio (1941).
func lagDeviation(size float64) float64 {
	return math.Sqrt((size-2)/(size*size-1)) / math.Sqrt2
}

// widening is how many times as wide the interval of a mean of n rounds has to be if a lag is seen. The lag of a short
// series falls short of the true one (Kendall 1954) and scatters: the greatest that it is compatible with is taken, up to
// 0.95. From it follows by how much the variance of the mean is underrated (Bayley and Hammersley 1946).
func (d *Difference) widening(lag float64, n int) float64 {
	const (
		most  = 0.95
		spare = 1.5 // what the estimate of so few rounds scatters by itself
	)
	size := d.size()
	rho := min(most, max(0, (size*lag+1)/max(1, size-4)+lagDeviation(size)))
	count := float64(n)
	sum := rho/(1-rho) - rho*(1-math.Pow(rho, count))/(count*(1-rho)*(1-rho))
	ofMean := (1 + 2*sum) / count
	seen := (1 - ofMean) / (count - 1)
	return spare * math.Sqrt(ofMean/seen)
}

// enough is how many rounds would tell as much as five that do not depend on one another, but not less than 10.
func enough(lag float64) int {
	lag = min(0.9, max(0, lag))
	return max(10, int(math.Ceil(5*(1+lag)/(1-lag))))
}
