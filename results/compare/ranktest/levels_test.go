package ranktest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Long samples of few or many levels have the same quotients as if all were written out.
func TestQuotientsOfLongSamples(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	var tester Tester
	for _, digits := range []float64{10, 1000, 1e12} {
		var s [2][]float64
		for k := range s {
			for range 4000 + 100*k {
				s[k] = append(s[k], math.Round(digits*(1+0.1*r.Float64()))/digits)
			}
			slices.Sort(s[k])
		}
		a, b := s[0], s[1]
		for _, share := range []float64{0.001, 0.3, 0.5, 0.99} {
			rank := int(share * float64(len(a)*len(b)))
			q := tester.quotient(a, b, rank)
			if under, upTo := atMost(a, b, q*(1-1e-8)), atMost(a, b, q*(1+1e-8)); under >= rank || upTo < rank {
				t.Errorf("%v levels in 1: the %d-th quotient is not %v, of which %d are below and %d up to it", digits, rank, q, under, upTo)
			}
			want := 0
			for _, v := range a {
				for _, w := range b {
					if w <= q*(1+1e-8)*v {
						want++
					}
				}
			}
			var x, y levels
			few := x.set(a) && y.set(b)
			if few != (digits < 1e12) {
				t.Errorf("%v levels in 1: few is %v", digits, few)
			}
			if got := atMost(a, b, q*(1+1e-8)); got != want {
				t.Errorf("%v levels in 1: %d quotients are at most %v, want %d", digits, got, q, want)
			}
			if got := x.atMost(&y, q*(1+1e-8)); few && got != want {
				t.Errorf("%v levels in 1: by levels %d quotients are at most %v, want %d", digits, got, q, want)
			}
		}
	}
}
