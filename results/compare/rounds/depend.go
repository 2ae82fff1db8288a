package rounds

import "math"

// Neighbours sums up how similar the rounds of all benchmarks of two columns are to the rounds before them. One benchmark
// with few rounds hardly shows whether its rounds depend on one another; twenty do.
type Neighbours struct {
	Lag    float64 // mean of the benchmarks' Lag
	Spread float64 // variance of the benchmarks' Lag
	N      int     // number of benchmarks
}

// Add adds a benchmark (Welford 1962).
func (n *Neighbours) Add(lag float64) {
	n.N++
	step := lag - n.Lag
	n.Lag += step / float64(n.N)
	n.Spread += (step*(lag-n.Lag) - n.Spread) / float64(n.N)
}

// dependence is the result for the rounds of one benchmark.
type dependence struct {
	found   bool
	plain   bool    // chance hardly explains it
	lag     float64 // by which the interval is widened
	chance  float64 // probability of the finding if rounds are independent
	another float64 // lag that another measurement may find, if it finds any
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
	ofMany   = 1.6  // for half the sum of a benchmark's lag and the mean of many
	ofAll    = 3.0  // for the mean of many
	unproven = 0.65 // additional lag that is needed if the samples of rounds explain all their scatter
	proven   = 2.6  // a scatter this many times larger than the samples explain is not by chance
)

// depend decides whether rounds depend on one another; all has the lags of all benchmarks.
func (d *Difference) depend(all Neighbours) dependence {
	size := d.size()
	if size < 4 || d.Excess == 0 || d.fromPairs {
		return dependence{}
	}
	alone := lagDeviation(size)
	// The mean of many lags scatters less, unless the state of a round affects all benchmarks alike: then their lags are
	// similar, and all together say no more than one.
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
	if limit < atTen { // several benchmarks together replace more rounds of one
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

// lagDeviation returns the standard deviation of Lag of two series of size independent rounds, from that of von Neumann's
// ratio (1941).
func lagDeviation(size float64) float64 {
	return math.Sqrt((size-2)/(size*size-1)) / math.Sqrt2
}

// widening returns the factor by which the interval of a mean of n rounds has to be wider for a lag. The lag of a short
// series is smaller than the true one (Kendall 1954) and scatters: widening takes the largest true lag that is compatible
// with it, up to 0.95, and from that the factor by which the variance of the mean is underestimated (Bayley and
// Hammersley 1946).
func (d *Difference) widening(lag float64, n int) float64 {
	const (
		most  = 0.95
		spare = 1.5 // allowance for the scatter of an estimate from few rounds
	)
	size := d.size()
	rho := min(most, max(0, (size*lag+1)/max(1, size-4)+lagDeviation(size)))
	count := float64(n)
	sum := rho/(1-rho) - rho*(1-math.Pow(rho, count))/(count*(1-rho)*(1-rho))
	ofMean := (1 + 2*sum) / count
	seen := (1 - ofMean) / (count - 1)
	return spare * math.Sqrt(ofMean/seen)
}

// enough returns the number of rounds that have as much information as five independent ones, at least 10.
func enough(lag float64) int {
	lag = min(0.9, max(0, lag))
	return max(10, int(math.Ceil(5*(1+lag)/(1-lag))))
}
