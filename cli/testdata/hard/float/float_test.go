package float

import "testing"

//go:noinline
func polynomial(x, y, z float64) float64 { return x*y + z }

func TestPolynomial(t *testing.T) {
	x := 1 + 1.0/(1<<30)
	if got := polynomial(x, x, -1); got != 1.862645149230957e-09 {
		t.Errorf("%v", got)
	}
}
