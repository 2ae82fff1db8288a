package ranktest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Buckets and search must find what sorting all quotients finds, however the samples scatter.
func TestQuotientsSameAsSortingThemAll(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	scatters := map[string]func() float64{
		"little":   func() float64 { return 100 * math.Exp(0.02*r.NormFloat64()) },
		"levels":   func() float64 { return float64(100 + r.IntN(5)) },
		"two":      func() float64 { return float64(1 + r.IntN(2)) },
		"outliers": func() float64 { return 100 * math.Exp(0.01*r.NormFloat64()) * []float64{1, 1, 1, 50}[r.IntN(4)] },
		"wide":     func() float64 { return math.Exp(10 * r.NormFloat64()) },
	}
	found := 0
	for name, scatter := range scatters {
		for range 100 {
			a, b := make([]float64, 4+r.IntN(47)), make([]float64, 4+r.IntN(47))
			for i := range a {
				a[i] = scatter()
			}
			for i := range b {
				b[i] = scatter()
			}
			slices.Sort(a)
			slices.Sort(b)
			var all []float64
			for _, v := range a {
				for _, w := range b {
					all = append(all, w/v)
				}
			}
			slices.Sort(all)
			var tester Tester
			rank := 1 + r.IntN(len(all)/2)
			low, high, ok := tester.buckets.quotients(a, b, rank)
			if ok {
				found++
			}
			wantLow, wantHigh := all[rank-1], all[len(all)-rank]
			if ok && (math.Abs(low/wantLow-1) > 1e-15 || math.Abs(high/wantHigh-1) > 1e-15) {
				t.Errorf("%s, rank %d of %d and %d: buckets have %v and %v, want %v and %v", name, rank, len(a), len(b), low, high, wantLow, wantHigh)
			}
			if got := tester.quotient(a, b, rank); math.Abs(got/wantLow-1) > 1e-8 {
				t.Errorf("%s, rank %d of %d and %d: the search has %v, want %v", name, rank, len(a), len(b), got, wantLow)
			}
		}
	}
	if found < 200 {
		t.Errorf("buckets found only %d of 500: nothing is tested", found)
	}
}
