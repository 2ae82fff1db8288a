// Package ranktest is the two-sided Mann-Whitney U test with ties, with the same p-values as golang.org/x/perf/benchmath
// (and so benchstat): exact up to 50 values a side without ties and up to 25 with ties, a normal approximation with tie
// and continuity correction beyond. The algorithm is different.
//
// Without ties the distribution of U depends on the two sizes alone, so it is computed once for each pair of sizes. With
// ties it depends on how many values share each rank. Klotz's recurrence processes that pattern as a whole; this package
// divides the ranks into two halves, computes the distribution of each half by a short dynamic programme over its groups
// of ties, and joins the two. It keeps the distribution of a half for the next test that has the same half or its mirror
// image. Halves repeat; whole patterns do not.
package ranktest

import (
	"errors"
	"math"
)

// Largest sizes for which the exact distribution is used, as in benchmath.
const (
	exactLimit     = 50 // a side, without ties
	exactTiesLimit = 25 // a side, with ties
)

// Why there is no p-value.
var (
	ErrEmpty = errors.New("a sample is empty")
	ErrEqual = errors.New("all values are equal")
)

// Tester tests, and keeps intermediate results for the next test. The zero value is ready to use. A Tester is not for
// several goroutines at once; one for each costs little.
type Tester struct {
	plain     map[sizes][]float64 // P(U <= u) without ties
	narrow    halves[uint16]
	wide      halves[uint32]
	groups    []int // scratch, like the next field
	quotients []float64
	few       [2][]float64
	levels    [2]levels
	buckets   buckets
}

type sizes struct{ n1, n2 int }

// P returns the p-value: the probability, if both samples come from one distribution, of a U at least as far from its
// middle as that of a and b. Both must be in ascending order, without NaN. It returns ErrSampleSize or ErrSamplesEqual if
// there is no p-value.
func (t *Tester) P(a, b []float64) (float64, error) {
	n1, n2 := len(a), len(b)
	if n1 == 0 || n2 == 0 {
		return 0, ErrEmpty
	}
	twoU := t.rank(a, b)
	ties := len(t.groups) < n1+n2
	if len(t.groups) == 1 {
		return 0, ErrEqual
	}
	limit := exactLimit
	if ties {
		limit = exactTiesLimit
	}
	if n1 > limit || n2 > limit {
		return normal(twoU, n1, n2, t.groups), nil
	}
	small := min(twoU, 2*n1*n2-twoU)
	if small == n1*n2 {
		return 1, nil // U is in the middle
	}
	if ties {
		return min(1, 2*t.tied(small, n1, n2)), nil
	}
	return 2 * t.untied(n1, n2)[small/2], nil
}

// rank returns twice U, the number of pairs in which the value of a is larger, where a pair of equal values counts half.
// It stores the sizes of the groups of equal values, in ascending order of value, in t.groups.
func (t *Tester) rank(a, b []float64) (twoU int) {
	t.groups = t.groups[:0]
	for i, j := 0, 0; i < len(a) || j < len(b); {
		var v float64
		if j == len(b) || i < len(a) && a[i] < b[j] {
			v = a[i]
		} else {
			v = b[j]
		}
		i0, j0 := i, j
		for i < len(a) && a[i] == v {
			i++
		}
		for j < len(b) && b[j] == v {
			j++
		}
		twoU += (i - i0) * (j0 + j)
		t.groups = append(t.groups, i-i0+j-j0)
	}
	return twoU
}

// untied returns P(U <= u) for each u, for samples of these sizes that have no ties.
func (t *Tester) untied(n1, n2 int) []float64 {
	key := sizes{n1, n2}
	if p, ok := t.plain[key]; ok {
		return p
	}
	p := ways(n1, n2)
	for u := 1; u < len(p); u++ {
		p[u] += p[u-1]
	}
	all := p[len(p)-1]
	for u := range p {
		p[u] /= all
	}
	if t.plain == nil {
		t.plain = map[sizes][]float64{}
	}
	t.plain[key] = p
	return p
}

// ways returns for each u the number of distributions without ties that have it. It adds one value after the other: if it
// is the k-th of the first sample, it is greater than all values of the other sample before it.
func ways(n1, n2 int) []float64 {
	rows := make([][]float64, n1+1)
	for k := range rows {
		rows[k] = make([]float64, k*n2+1)
	}
	rows[0][0] = 1
	for before := range n1 + n2 {
		for k := min(n1, before+1); k > 0 && before-(k-1) <= n2; k-- {
			won := rows[k][before-(k-1):]
			for u, n := range rows[k-1][:min(len(rows[k-1]), len(won))] {
				won[u] += n
			}
		}
	}
	return rows[n1]
}

// normal returns the p-value of the normal approximation.
func normal(twoU, n1, n2 int, groups []int) float64 {
	tied := 0
	for _, g := range groups {
		tied += g*g*g - g
	}
	n, pairs := float64(n1+n2), float64(n1*n2)
	sigma := math.Sqrt(pairs * ((n + 1) - float64(tied)/(n*(n-1))) / 12)
	away := float64(twoU)/2 - pairs/2
	if away > 0 {
		away -= 0.5
	} else if away < 0 {
		away += 0.5
	}
	return math.Erfc(math.Abs(away) / sigma / math.Sqrt2)
}

// Least returns the smallest P that samples of these sizes can have, which is that of samples where all values of one are
// above those of the other.
func Least(n1, n2 int) float64 {
	if n1 > exactLimit || n2 > exactLimit {
		return normal(0, n1, n2, nil)
	}
	p := 2.0
	for i := 1; i <= n1; i++ {
		p *= float64(i) / float64(n2+i)
	}
	return min(1, p)
}
