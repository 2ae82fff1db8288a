package compare

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/compare/rounds"
)

// What is dealt is all values of both series, each on the level of its own median, in ascending order.
func TestPool(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	series := func(n int) (values []float64) {
		for range n {
			values = append(values, float64(random.IntN(9)))
		}
		slices.Sort(values)
		return values
	}
	var l pool
	for range 200 {
		a, b := rounds.Rounds{series(1 + random.IntN(12))}, rounds.Rounds{series(1 + random.IntN(12))}
		var want []float64
		for _, r := range []rounds.Rounds{a, b} {
			for _, v := range r[0] {
				if m := r.Median(); m > 0 {
					v /= m
				}
				want = append(want, v)
			}
		}
		slices.Sort(want)
		if l.set(a, b); !slices.Equal(l.all, want) {
			t.Fatalf("%v and %v: %v, want %v", a, b, l.all, want)
		}
		x, y := l.permute(random)
		if all := slices.Concat(x, y); len(x) != len(a[0]) || len(all) != len(want) || !slices.IsSorted(x) || !slices.IsSorted(y) {
			t.Fatalf("%v is dealt to %v and %v", want, x, y)
		}
	}
}
