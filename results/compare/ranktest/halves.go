package ranktest

// maxHalves is the size of each of the two generations of counts: 3 kB each for samples of 20 values. A larger cache
// would hit a tenth more often for samples with few ties, and cost memory if every half differs.
const maxHalves = 32

// halves caches counts: those used since the last change of generations, and those before.
type halves[N width] struct {
	now, old map[pattern]*counts[N]
	free     []*counts[N] // counts of a dropped generation, for reuse
}

// half has the counts of a pattern, or of its mirror image: read from the other end, wins and losses change places.
type half[N width] struct {
	*counts[N]
	mirrored bool
}

// of returns the half of a pattern, from the cache if it is there.
func (h *halves[N]) of(p pattern, add adder[N]) *counts[N] {
	if c, ok := h.now[p]; ok {
		return c
	}
	c, ok := h.old[p]
	if ok {
		delete(h.old, p)
	} else {
		c = h.unused().count(p, add)
	}
	if len(h.now) >= maxHalves || h.now == nil {
		for _, gone := range h.old {
			h.free = append(h.free, gone)
		}
		h.now, h.old = make(map[pattern]*counts[N], maxHalves), h.now
	}
	h.now[p] = c
	return c
}

// unused returns counts to fill, preferably those of a dropped generation.
func (h *halves[N]) unused() *counts[N] {
	if len(h.free) == 0 {
		return new(counts[N])
	}
	c := h.free[len(h.free)-1]
	h.free = h.free[:len(h.free)-1]
	return c
}
