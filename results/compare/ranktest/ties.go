package ranktest

// tied returns P(2U <= twoU) for samples of these sizes with the ties in t.groups.
func (t *Tester) tied(twoU, n1, n2 int) float64 {
	low, high := t.cut(n1, n2)
	ways, ok := countWays(&t.narrow, addNarrow, low, high, twoU, n1)
	if !ok {
		ways, _ = countWays(&t.wide, addWide, low, high, twoU, n1)
	}
	return float64(ways) / choose[n1+n2][n1]
}

// cut returns the patterns of the lower and the upper half of all ranks, each from its outer end to the middle. A group
// across the middle is cut too: its values in one half are tied with those in the other, while other values of the upper
// half are greater than those of the lower. cut corrects for that: a value of the first sample in the group's lower part
// gets one point for each value of its upper part, and one in its upper part loses one for each of its lower part.
func (t *Tester) cut(n1, n2 int) (low, high pattern) {
	low.take, high.take = n1, n1
	at, half := 0, (n1+n2)/2
	for ; low.n+t.groups[at] <= half; at++ {
		low.add(t.groups[at])
	}
	for i := len(t.groups) - 1; i > at; i-- {
		high.add(t.groups[i])
	}
	across := t.groups[at]
	if within := half - low.n; within > 0 {
		high.add(across - within)
		low.add(within)
		low.inner, high.inner = within, across-within
	} else {
		high.add(across)
	}
	return low, high
}

// countWays returns the number of ways to distribute the values, n1 of them to the first sample, so that 2U is at most
// twoU. It is not ok if counts overflow their type. The sum is less than 2^53 for 25 values a side.
func countWays[N width](h *halves[N], add adder[N], lower, upper pattern, twoU, n1 int) (ways uint64, ok bool) {
	lower.beyond, upper.beyond = upper.inner, lower.inner
	low := half[N]{h.of(lower, add), false}
	if !low.fit {
		return 0, false
	}
	high := half[N]{h.of(upper, add), true}
	if !high.fit {
		return 0, false
	}
	for k := max(0, n1-high.n); k <= min(n1, low.n); k++ { // values of the first sample in the lower half
		won := 2 * (n1 - k) * (low.n - k) // by values in the upper half over the other sample's in the lower half
		if rest := twoU - won + high.spare; rest >= 0 {
			ways += joined(low.row(k), high.row(n1-k), rest)
		}
	}
	return ways, true
}

// row has the number of ways in which a half can have a number of values of the first sample, by v.
type row[N width] struct {
	ways     []N
	mirrored bool
	last     int // the largest v
	all      uint64
}

// row returns the row for k values of the first sample.
func (h half[N]) row(k int) row[N] {
	r := row[N]{mirrored: h.mirrored, last: 2*k*(h.n-k) + h.spare, all: uint64(choose[h.n][k])}
	if k >= len(h.rows) {
		k, r.mirrored = h.n-k, !r.mirrored
	}
	r.ways = h.rows[k]
	return r
}

// joined returns the number of ways in which the sum of both halves is at most rest.
func joined[N width](low, high row[N], rest int) uint64 {
	if more := low.last + high.last - rest - 1; more < rest { // it counts those with more, which are fewer, from the other end
		low.mirrored, high.mirrored = !low.mirrored, !high.mirrored
		return low.all*high.all - upTo(low, high, more)
	}
	return upTo(low, high, rest)
}

// upTo returns the number of pairs of ways, one of low and one of high, with a sum of at most rest. It goes down from the
// largest v of low.
func upTo[N width](low, high row[N], rest int) (sum uint64) {
	if rest < 0 {
		return 0
	}
	v := min(rest, low.last)
	l, down := low.walk(v, -1)
	h, up := high.walk(0, 1)
	below := uint64(0) // ways of high that fit v
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
	for range v + 1 - both { // all ways of high fit these
		sum += uint64(low.ways[l]) * below
		l += down
	}
	return sum
}

// walk returns the position of v in a row, and the distance to the position of v+step.
func (r *row[N]) walk(v, step int) (at, by int) {
	if r.mirrored {
		return r.last - v, -step
	}
	return v, step
}
