package ranktest

// maxHalves bounds each of the two generations of counts that are kept: 3 kB each where samples have 20 values. More of
// them hold a tenth more of the halves of samples with few ties, and take memory where each half is another.
const maxHalves = 32

// halves keeps counts, those used since the last change of generations and those before.
type halves[N width] struct {
	now, old map[pattern]*counts[N]
	free     []*counts[N] // of a generation that is gone, to be used again
}

// half is the counts of a pattern, or of its mirror image: read from the other end, what was won is lost.
type half[N width] struct {
	*counts[N]
	mirrored bool
}

// of counts, or finds what was counted before.
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

// unused returns counts to fill, those of a generation that is gone first.
func (h *halves[N]) unused() *counts[N] {
	if len(h.free) == 0 {
		return new(counts[N])
	}
	c := h.free[len(h.free)-1]
	h.free = h.free[:len(h.free)-1]
	return c
}
