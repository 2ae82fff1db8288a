package vm

import "testing"

func TestEmulation(t *testing.T) {
	for _, c := range []struct {
		guests, here int
		want         string
	}{{1, 2, tcg}, {2, 2, tcg}, {16, 2, tcg}, {64, 2, tcgSingle}, {64, 64, tcg}, {64, 8, tcg}} {
		if got := chooseTCG(c.guests, c.here); got != c.want {
			t.Errorf("%d processors on %d: %s", c.guests, c.here, got)
		}
	}
}
