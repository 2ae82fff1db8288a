package ranktest

// longest is how many ranks a half may have, so that in how many ways they can be dealt fits 32 bits.
const longest = 34

// tied returns P(2U <= twoU) for samples of these sizes with the ties in t.groups.
func (t *Tester) tied(twoU, n1, n2 int) float64 {
	c := t.cut(n1, n2)
	ways, ok := deals(&t.narrow, addNarrow, c, twoU, n1)
	if !ok {
		ways, _ = deals(&t.wide, addWide, c, twoU, n1)
	}
	return float64(ways) / choose[n1+n2][n1]
}

// cut is the groups of a lower and of an upper half, and the size of one between them, which may be none.
type cut struct {
	low, high []int
	middle    int
}

// cut cuts between the two groups that are nearest to the middle. A group across the middle that would make a half too
// long stays apart.
func (t *Tester) cut(n1, n2 int) cut {
	at, n, all := 0, 0, n1+n2
	for n+t.groups[at] <= all/2 {
		n += t.groups[at]
		at++
	}
	across := t.groups[at]
	if all-all/2+across/2 > longest {
		return cut{t.groups[:at], t.groups[at+1:], across}
	}
	if n+across/2 < all/2 {
		at++
	}
	return cut{t.groups[:at], t.groups[at:], 0}
}

// deals counts the ways to deal the values so that 2U is at most so much, n1 to the first sample. It is not ok if counts
// do not fit their type. The sum is less than 2^53, for 25 values a side.
func deals[N width](h *halves[N], add adder[N], c cut, twoU, n1 int) (ways uint64, ok bool) {
	low, high := h.of(c.low, n1, add), h.of(c.high, n1, add)
	if !low.fit || !high.fit {
		return 0, false
	}
	for j := range min(c.middle, n1) + 1 { // values of the first sample in the middle
		sum := uint64(0)
		for k := max(0, n1-j-high.n); k <= min(n1-j, low.n); k++ { // and in the lower half
			// Those further up win over those of the other sample further down.
			won := 2*(n1-k)*(low.n-k) + j*(c.middle-j) + 2*(n1-k-j)*(c.middle-j)
			if rest := twoU - won; rest >= 0 {
				sum += joined(low.row(k), high.row(n1-k-j), rest)
			}
		}
		ways += uint64(choose[c.middle][j]) * sum
	}
	return ways, true
}

// row is the ways in which a half can have so many values of the first sample, by v.
type row[N width] struct {
	ways     []N
	mirrored bool
	last     int // the greatest v
	all      uint64
}

func (h half[N]) row(k int) row[N] {
	r := row[N]{mirrored: h.mirrored, last: 2 * k * (h.n - k), all: uint64(choose[h.n][k])}
	if k >= len(h.rows) {
		k, r.mirrored = h.n-k, !r.mirrored
	}
	r.ways = h.rows[k]
	return r
}

// joined counts the ways in which both together are at most rest.
func joined[N width](low, high row[N], rest int) uint64 {
	if more := low.last + high.last - rest - 1; more < rest { // those with more are fewer, and lie at the other end
		low.mirrored, high.mirrored = !low.mirrored, !high.mirrored
		return low.all*high.all - upTo(low, high, more)
	}
	return upTo(low, high, rest)
}

// upTo goes down from the greatest v of low, and sums up what of high goes with it.
func upTo[N width](low, high row[N], rest int) (sum uint64) {
	if rest < 0 {
		return 0
	}
	v := min(rest, low.last)
	l, down := low.walk(v, -1)
	h, up := high.walk(0, 1)
	below := uint64(0) // ways of high that go with v
	for range min(rest-v, high.last+1) {
		below += uint64(high.ways[h])
		h += up
	}
	both := max(0, min(v+1, high.last+1-(rest-v)))
	for range both {
		below += uint64(high.ways[h])
		sum += uint64(low.ways[l]) * below
		h += up
		l += down
	}
	for range v + 1 - both { // all of high goes with these
		sum += uint64(low.ways[l]) * below
		l += down
	}
	return sum
}

// walk is where v stands in a row, and how far on the next one does.
func (r *row[N]) walk(v, step int) (at, by int) {
	if r.mirrored {
		return r.last - v, -step
	}
	return v, step
}
