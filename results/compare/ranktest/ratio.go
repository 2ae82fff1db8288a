package ranktest

import (
	"math"
	"slices"
	"sort"
)

// Ratio returns the interval of the test for how many times larger the values of b are than those of a: the ratios r for
// which the test finds no difference between a·r and b (Hodges and Lehmann 1963, on a logarithmic scale). Both must be in
// ascending order and positive. It returns 0 and infinity for too few values.
func (t *Tester) Ratio(a, b []float64, confidence float64) (low, high float64) {
	n1, n2 := len(a), len(b)
	rank := t.critical(n1, n2, (1-confidence)/2)
	if rank == 0 {
		return 0, math.Inf(1)
	}
	if low, high, ok := t.buckets.quotients(a, b, rank); ok {
		return low, high
	}
	return t.quotient(a, b, rank), t.quotient(a, b, n1*n2-rank+1)
}

// critical returns the largest c for which P(U < c) is at most tail.
func (t *Tester) critical(n1, n2 int, tail float64) int {
	if n1 == 0 || n2 == 0 {
		return 0
	}
	if n1 > exactLimit || n2 > exactLimit {
		pairs := float64(n1 * n2)
		sigma := math.Sqrt(pairs * float64(n1+n2+1) / 12)
		return max(0, int(pairs/2+math.Sqrt2*math.Erfinv(2*tail-1)*sigma))
	}
	p := t.untied(n1, n2)
	return sort.Search(len(p), func(c int) bool { return p[c] > tail })
}

// quotient returns the rank-th smallest of all b[j]/a[i]; rank counts from 1. It narrows an interval by the number of
// quotients below a value, which one pass over both samples counts, until few enough are left to list them, or until the
// interval is eight digits narrow, as happens if many quotients are equal: then it returns any of them.
func (t *Tester) quotient(a, b []float64, rank int) float64 {
	little := max(24, (len(a)+len(b))/8) // listing this many takes no longer than one more pass
	near := min(0.03, 2/math.Sqrt(float64(len(a)+len(b))))
	few := false // levels
	if long(a, b) {
		near = 1e-4
	}
	low, high := b[0]/a[len(a)-1]*(1-1e-8), b[len(b)-1]/a[0]*(1+1e-8)
	under, upTo := 0, len(a)*len(b) // number of quotients up to low, and up to high
	for turn := 0; upTo-under > little; turn++ {
		if high-low <= 1e-8*high {
			if few {
				return anyBetween(t.levels[0].of, t.levels[1].of, low, high)
			}
			return anyBetween(a, b, low, high)
		}
		share := 0.5
		if turn%2 == 0 { // interpolates as for evenly spread quotients
			share = (float64(rank-under) - 0.5) / float64(upTo-under)
		}
		middle := low + (high-low)*share
		if turn < 2 { // first a little below the expected place, then a little above
			at := float64(rank)/float64(len(a)*len(b)) + near*float64(2*turn-1)
			if x := t.guess(a, b, at); low < x && x < high {
				middle = x
			}
		}
		if turn == 0 && long(a, b) {
			few = t.levels[0].set(a) && t.levels[1].set(b) // after the guess, which uses the levels of other samples
		}
		n := 0
		if few {
			n = t.levels[0].atMost(&t.levels[1], middle)
		} else {
			n = atMost(a, b, middle)
		}
		if n >= rank {
			high, upTo = middle, n
		} else {
			low, under = middle, n
		}
	}
	t.quotients = between(t.quotients[:0], a, b, low, high)
	slices.Sort(t.quotients)
	return t.quotients[rank-under-1]
}

// anyBetween returns a quotient that is greater than low and at most high, if all of these are equal up to rounding.
func anyBetween(a, b []float64, low, high float64) float64 {
	at := 0
	for i := len(a) - 1; i >= 0; i-- {
		for at > 0 && b[at-1] > low*a[i] {
			at--
		}
		for at < len(b) && b[at] <= low*a[i] {
			at++
		}
		if at < len(b) && b[at] <= high*a[i] {
			return b[at] / a[i]
		}
	}
	return high
}

// long reports whether samples are so long that the quotients of a few values of each show where those of all are.
func long(a, b []float64) bool { return min(len(a), len(b)) >= 8*guessSample }

// guessSample is the number of values of each sample that guess uses.
const guessSample = 500

// guess returns a value near the quantile share of the quotients.
func (t *Tester) guess(a, b []float64, share float64) float64 {
	if !long(a, b) {
		return expected(a, b, share)
	}
	for i, values := range [...][]float64{a, b} { // evenly spaced values
		few := t.few[i][:0]
		for k := range guessSample {
			few = append(few, values[(2*k+1)*len(values)/(2*guessSample)])
		}
		t.few[i] = few
	}
	return t.quotient(t.few[0], t.few[1], min(max(1, int(share*guessSample*guessSample+0.5)), guessSample*guessSample))
}

// expected returns about where this share of the quotients is below, if both samples scatter alike: a quotient scatters
// by √2 more than the samples do.
func expected(a, b []float64, share float64) float64 {
	share = 0.5 + (share-0.5)/math.Sqrt2
	at := func(s []float64, share float64) float64 {
		low, part := math.Modf(share * float64(len(s)-1))
		return s[int(low)] + part*(s[min(int(low)+1, len(s)-1)]-s[int(low)])
	}
	return at(b, share) / at(a, 1-share)
}

// atMost returns the number of quotients that are at most ratio.
func atMost(a, b []float64, ratio float64) (n int) {
	// Below end, j does not reach the end of b.
	end := sort.Search(len(a), func(i int) bool { return b[len(b)-1] <= ratio*a[i] })
	n, a = (len(a)-end)*len(b), a[:end]
	if len(a) < 64 {
		return n + walked(a, b, ratio, 0)
	}
	// Each step depends on the one before; two walks at a time keep the processor busy.
	half := len(a) / 2
	lower, upper := a[:half], a[half:]
	i, j, k := 0, 0, 0
	l := sort.Search(len(b), func(at int) bool { return b[at] > ratio*upper[0] })
	for i < len(lower) && k < len(upper) && j < len(b) && l < len(b) {
		up, more := 0, 0 // without a branch, since half of its predictions would be wrong
		if b[j] <= ratio*lower[i] {
			up = 1
		}
		if b[l] <= ratio*upper[k] {
			more = 1
		}
		n += j&(up-1) + l&(more-1)
		j, l = j+up, l+more
		i, k = i+1-up, k+1-more
	}
	return n + walked(lower[i:], b, ratio, j) + walked(upper[k:], b, ratio, l)
}

// walked does what atMost does for a part of a, whose first value is beyond the first j values of b.
func walked(a, b []float64, ratio float64, j int) (n int) {
	for _, v := range a {
		limit := ratio * v
		for j < len(b) && b[j] <= limit {
			j++
		}
		n += j
	}
	return n
}

// between appends the quotients that are larger than low and at most high.
func between(quotients, a, b []float64, low, high float64) []float64 {
	from, to := 0, 0
	for _, v := range a {
		for from < len(b) && b[from] <= low*v {
			from++
		}
		for to < len(b) && b[to] <= high*v {
			to++
		}
		for _, w := range b[from:to] {
			quotients = append(quotients, w/v)
		}
	}
	return quotients
}

// listed is the largest number of quotients that are all listed.
const listed = 256

// Shift does what Ratio does, and returns the middle of all quotients too: the estimate of how many times larger the
// values of b are (Hodges and Lehmann 1963).
func (t *Tester) Shift(a, b []float64, confidence float64) (low, middle, high float64) {
	n := len(a) * len(b)
	if n > listed {
		low, high = t.Ratio(a, b, confidence)
		return low, math.Sqrt(t.quotient(a, b, (n+1)/2) * t.quotient(a, b, n/2+1)), high
	}
	t.quotients = t.quotients[:0]
	for _, v := range a {
		for _, w := range b {
			t.quotients = append(t.quotients, w/v)
		}
	}
	slices.Sort(t.quotients)
	middle = math.Sqrt(t.quotients[(n-1)/2] * t.quotients[n/2])
	rank := t.critical(len(a), len(b), (1-confidence)/2)
	if rank == 0 {
		return 0, middle, math.Inf(1)
	}
	return t.quotients[rank-1], middle, t.quotients[n-rank]
}
