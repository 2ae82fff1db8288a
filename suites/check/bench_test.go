package check

import "testing"

// What a process may allocate from one garbage collection to the next is the same whatever else it holds.
func TestPercentFor(t *testing.T) {
	const mib = 1 << 20
	for name, c := range map[string]struct {
		percent, want int
		holds, bare   uint64
	}{
		"as bare":                {100, 100, mib, mib},
		"a little more":          {100, 125, 2 * mib, mib}, // 5 MiB: 2 and the 3 that bare has
		"more than the least":    {100, 50, 6 * mib, mib},  // 9 MiB
		"asked for less":         {50, 25, 4 * mib, mib},   // 5 MiB: bare has 1 of 2
		"bare above the least":   {50, 12, 16 * mib, 4 * mib},
		"collected without end":  {1, 1, 64 * mib, mib},
		"not collected":          {-1, -1, 8 * mib, mib},
		"collected all the time": {0, 0, 8 * mib, mib},
	} {
		if got := percentFor(c.percent, c.holds, c.bare); got != c.want {
			t.Errorf("%s: %d, not %d", name, got, c.want)
		}
	}
}
