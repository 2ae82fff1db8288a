package bootstrap

import "math"

// pairsLimit is the most samples for which both middle values are drawn where their number is even. Beyond, the two
// are a hair apart, and either of them is drawn.
const pairsLimit = 64

// table draws the median of n values that are drawn, with replacement, from n sorted ones, by Walker's alias method.
type table []slot

// slot holds two outcomes; the first is taken if 32 random bits are under cut.
type slot struct {
	cut           uint32
	first, second outcome
}

// outcome is the indices of the two middle values, which may be the same.
type outcome struct{ low, high uint16 }

// draw uses 64 random bits.
func (t *table) draw(bits uint64, sorted []float64) float64 {
	s := &(*t)[bits>>32*uint64(len(*t))>>32]
	o := s.first
	if uint32(bits) >= s.cut {
		o = s.second
	}
	return (sorted[o.low] + sorted[o.high]) / 2
}

func newTable(n int) *table {
	outcomes, p := middles(n)
	t := make(table, len(p))
	// Vose 1991: outcomes under the average share a slot with one over it.
	var under, over []int
	for i := range p {
		p[i] *= float64(len(p))
		if p[i] < 1 {
			under = append(under, i)
		} else {
			over = append(over, i)
		}
	}
	for len(under) > 0 && len(over) > 0 {
		u, o := under[len(under)-1], over[len(over)-1]
		under = under[:len(under)-1]
		t[u] = slot{uint32(p[u] * math.MaxUint32), outcomes[u], outcomes[o]}
		if p[o] -= 1 - p[u]; p[o] < 1 {
			over = over[:len(over)-1]
			under = append(under, o)
		}
	}
	for _, i := range append(under, over...) {
		t[i] = slot{math.MaxUint32, outcomes[i], outcomes[i]}
	}
	return &t
}

// middles lists which values can stand in the middle of n draws from n sorted values, and how probable each is.
func middles(n int) (outcomes []outcome, p []float64) {
	add := func(low, high int, probability float64) {
		if probability > 1e-12 {
			outcomes = append(outcomes, outcome{uint16(low), uint16(high)})
			p = append(p, probability)
		}
	}
	if n%2 == 1 || n > pairsLimit {
		lower, upper := position(n, (n+1)/2), position(n, n/2+1)
		for i := range n {
			add(i, i, (lower[i]+upper[i])/2)
		}
		return outcomes, p
	}
	// The m-th draw is the i-th value and the next one the j-th, i < j: m draws are up to i and not all before it, the
	// other m are from j on and not all after it.
	m := n / 2
	ways, _ := math.Lgamma(float64(n + 1))
	half, _ := math.Lgamma(float64(m + 1))
	choose := math.Exp(ways - 2*half)
	exactly := func(i int) float64 { // m draws have the i-th value, from 1, as their extreme
		return math.Pow(float64(i)/float64(n), float64(m)) - math.Pow(float64(i-1)/float64(n), float64(m))
	}
	single := position(n, m)
	for i := 1; i <= n; i++ {
		for j := i + 1; j <= n; j++ {
			both := choose * exactly(i) * exactly(n-j+1)
			add(i-1, j-1, both)
			single[i-1] -= both
		}
		add(i-1, i-1, single[i-1])
	}
	return outcomes, p
}

// position tells how probable it is for each of n sorted values to be the rank-th smallest of n draws.
func position(n, rank int) []float64 {
	upTo := func(i int) float64 { // at least rank of the draws are among the first i values
		x, sum := float64(i)/float64(n), 0.0
		for k := rank; k <= n; k++ {
			sum += binomial(n, k, x)
		}
		return sum
	}
	p := make([]float64, n)
	previous := 0.0
	for i := range p {
		now := upTo(i + 1)
		p[i] = now - previous
		previous = now
	}
	return p
}

// binomial is the probability of k successes in n tries.
func binomial(n, k int, x float64) float64 {
	if x == 1 {
		if k == n {
			return 1
		}
		return 0
	}
	all, _ := math.Lgamma(float64(n + 1))
	some, _ := math.Lgamma(float64(k + 1))
	others, _ := math.Lgamma(float64(n - k + 1))
	return math.Exp(all - some - others + float64(k)*math.Log(x) + float64(n-k)*math.Log1p(-x))
}
