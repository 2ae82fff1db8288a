package ranktest

import "math"

// Ratio returns the interval that the test itself gives for how many times greater the values of b are than those of
// a: the ratios r for which the test would not tell a·r and b apart (Hodges and Lehmann 1963, on a logarithmic scale).
// Both must be in ascending order and positive. Too few values for the confidence give 0 and infinity.
func (t *Tester) Ratio(a, b []float64, confidence float64) (low, high float64) {
	n1, n2 := len(a), len(b)
	rank := t.critical(n1, n2, (1-confidence)/2)
	if rank == 0 {
		return 0, math.Inf(1)
	}
	return quotient(a, b, rank), quotient(a, b, n1*n2-rank+1)
}

// critical is the greatest c for which P(U < c) is at most tail.
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
	c := 0
	for c < len(p) && p[c] <= tail {
		c++
	}
	return c
}

// quotient returns the rank-th smallest of all b[j]/a[i], rank from 1, to eight digits. It narrows an interval down,
// counting what lies below in one walk along both samples, so that the quotients are never all written out.
func quotient(a, b []float64, rank int) float64 {
	low, high := b[0]/a[len(a)-1], b[len(b)-1]/a[0]
	for high-low > 1e-8*high {
		middle := low + (high-low)/2
		if middle <= low || middle >= high {
			break
		}
		below, j := 0, 0
		for _, v := range a {
			for j < len(b) && b[j] <= middle*v {
				j++
			}
			below += j
		}
		if below >= rank {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}
