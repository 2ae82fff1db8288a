package ranktest

import "slices"

// maxHalves bounds each of the two generations of halves that a Tester keeps: 10 kB each where samples have 20 values.
const maxHalves = 192

// half names a run of neighbouring ranks by its length, and by a bit for each neighbour that is tied with the next;
// and how many values of the first sample it can hold at most.
type half struct {
	tied    uint64
	n, take int
}

// counts tells, for a run of n ranks, in how many ways k of them can belong to the first sample so that twice the U of
// those against the run's other ranks is at most v: upTo[k][v], for v up to 2k(n-k). If the n-k other ranks belong to
// the first sample instead, what was won is lost: rows beyond the middle mirror those before it, and are not kept.
//
// They are whole numbers, and exact while they stay under 2^53, which they do for 25 values a side with ties.
type counts struct {
	n    int
	upTo [][]float64
	all  []float64 // what upTo is cut from
}

// shape makes c fit groups; what is in the rows is of what it counted before.
func (c *counts) shape(groups []int, take int) {
	c.n = 0
	for _, g := range groups {
		c.n += g
	}
	take = min(take, c.n/2)
	size := 0
	for k := range take + 1 {
		size += 2*k*(c.n-k) + 1
	}
	if cap(c.all) < size {
		c.all = make([]float64, size)
	}
	c.all = c.all[:size]
	c.upTo = c.upTo[:0]
	for k, at := 0, 0; k <= take; k++ {
		length := 2*k*(c.n-k) + 1
		c.upTo = append(c.upTo, c.all[at:at+length])
		at += length
	}
}

// row returns upTo[k] for any k and for v up to a limit, written into scratch where it is not kept.
func (c *counts) row(k, limit int, scratch *[]float64) []float64 {
	if k < len(c.upTo) {
		return c.upTo[k][:min(limit+1, len(c.upTo[k]))]
	}
	mirror := c.upTo[c.n-k]
	last := len(mirror) - 1
	row := slices.Grow((*scratch)[:0], len(mirror))[:min(limit+1, len(mirror))]
	*scratch = row
	if limit >= last {
		row[last] = mirror[last]
	}
	for v := range row[:min(limit+1, last)] {
		row[v] = mirror[last] - mirror[last-1-v]
	}
	return row
}

// count adds one group of equal values after the other. Of a group of g values j can be of the first sample in g-choose-j
// ways; each of the j wins over those of the other sample before it, and draws with the g-j in the group.
func count(c *counts, groups []int, take int) *counts {
	c.shape(groups, take)
	c.upTo[0][0] = 1
	before := 0
	for _, g := range groups {
		// Downwards, so that what is read is still without this group.
		for k := min(len(c.upTo)-1, (before+g)/2); k > 0; k-- {
			c.add(k, g, before)
		}
		before += g
	}
	for _, row := range c.upTo {
		sum := 0.0
		for v, n := range row {
			sum += n
			row[v] = sum
		}
	}
	return c
}

// add makes row k, so far of the ranks before the group, one with the group.
func (c *counts) add(k, group, before int) {
	row := c.upTo[k]
	if k > before/2 { // it was not kept, so there is nothing in it yet
		clear(row)
		c.shifted(row, 0, k, before, 1)
	}
	for j := 1; j <= min(group, k); j++ {
		c.shifted(row, j*2*(before-k+j)+j*(group-j), k-j, before, choose[group][j])
	}
}

// shifted adds to sum, from index shift on, so many times row k of the ranks before.
func (c *counts) shifted(sum []float64, shift, k, before int, times float64) {
	if k > before {
		return // the ranks before are too few
	}
	length := 2*k*(before-k) + 1
	sum = sum[shift : shift+length]
	if k <= before/2 {
		row := c.upTo[k][:len(sum)]
		for v := range sum {
			sum[v] += times * row[v]
		}
		return
	}
	mirror := c.upTo[before-k][:len(sum)]
	for v := range sum {
		sum[v] += times * mirror[len(mirror)-1-v]
	}
}

// tied returns P(2U <= twoU) for samples of these sizes with the ties in t.groups.
func (t *Tester) tied(twoU, n1, n2 int) float64 {
	low, high := t.cut(n1, n2, n1)
	sum := 0.0
	for k := max(0, n1-high.n); k <= min(n1, low.n); k++ {
		// n1-k values of the first sample stand in the upper half, and win over all of the other's in the lower.
		if rest := twoU - 2*(n1-k)*(low.n-k); rest >= 0 {
			sum += joined(low.row(k, rest, &t.low), high.row(n1-k, rest, &t.high), rest)
		}
	}
	return sum / choose[n1+n2][n1]
}

// joined counts the ways in which both together are at most rest. Neither is longer than that.
func joined(low, high []float64, rest int) float64 {
	all := min(rest-(len(high)-1), len(low)-1) // up to here of low, each of high fits
	previous := low[all]
	sum := previous * high[len(high)-1]
	for v := all + 1; v < len(low); v++ {
		sum += (low[v] - previous) * high[rest-v]
		previous = low[v]
	}
	return sum
}

// cut returns the two halves of t.groups, cut between the two groups that are nearest to the middle.
func (t *Tester) cut(n1, n2, take int) (low, high *counts) {
	at, n := 0, 0
	for at < len(t.groups)-1 && (at == 0 || n+t.groups[at]/2 < (n1+n2)/2) {
		n += t.groups[at]
		at++
	}
	return t.half(t.groups[:at], take), t.half(t.groups[at:], take)
}

// half counts, or finds what was counted before.
func (t *Tester) half(groups []int, take int) *counts {
	key := half{take: take}
	for _, g := range groups {
		key.tied |= (1<<(g-1) - 1) << key.n
		key.n += g
	}
	c, ok := t.halves[key]
	if ok {
		return c
	}
	if c, ok = t.old[key]; ok {
		delete(t.old, key)
	} else {
		c = count(t.unused(), groups, take)
	}
	if len(t.halves) >= maxHalves || t.halves == nil {
		for _, gone := range t.old {
			t.free = append(t.free, gone)
		}
		t.halves, t.old = make(map[half]*counts, maxHalves), t.halves
	}
	t.halves[key] = c
	return c
}

// unused returns counts to fill, those of a generation that is gone first.
func (t *Tester) unused() *counts {
	if len(t.free) == 0 {
		return new(counts)
	}
	c := t.free[len(t.free)-1]
	t.free = t.free[:len(t.free)-1]
	return c
}

// choose[n][k] is the number of ways to take k of n: Pascal's triangle, exact for all that is used with ties.
var choose = func() (c [2*exactTiesLimit + 1][2*exactTiesLimit + 1]float64) {
	for n := range c {
		c[n][0] = 1
		for k := 1; k <= n; k++ {
			c[n][k] = c[n-1][k-1] + c[n-1][k]
		}
	}
	return c
}()
