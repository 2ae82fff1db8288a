package ranktest

import "math/bits"

// pattern names a run of neighbouring ranks, from an outer end of all ranks inwards: by its length, and by a bit for each
// neighbour that is tied with the next; and how many values of the first sample it can hold at most. Where its last group
// goes on beyond the run, inner is how many of that are in it, and beyond how many are not.
type pattern struct {
	tied                   uint64
	n, take, inner, beyond int
}

// add adds a group of equal values.
func (p *pattern) add(group int) {
	p.tied |= (1<<(group-1) - 1) << p.n
	p.n += group
}

// width is the type of a count: 16 bits, or 32 if that is too small.
type width interface{ uint16 | uint32 }

// counts tells, for a run of n ranks, in how many ways k of them can belong to the first sample so that twice the U of
// those against the run's other ranks is v: rows[k][v], for v up to 2k(n-k). If the n-k other ranks belong to the first
// sample instead, what was won is lost: rows beyond the middle mirror those before it, and are not kept.
//
// A value of the first sample in a last group that goes on beyond the run draws with each value there too. Of those
// draws there are as many as spare at most, so that v may be as much more.
type counts[N width] struct {
	n, spare int
	rows     [][]N
	all      []N  // memory of the rows
	fit      bool // no count was too large for its type
}

// adder adds times the counts of row to those of sum, several at once; both have capacity beyond their length, filled
// with zeros.
type adder[N width] func(sum, row []N, times uint64)

// count adds one group of equal values after the other. Of a group of g values j can be of the first sample in g-choose-j
// ways; each of the j wins over those of the other sample before it, and draws with the g-j in the group.
func (c *counts[N]) count(p pattern, add adder[N]) *counts[N] {
	c.shape(p)
	c.rows[0][0] = 1
	for before, group := 0, 0; before < p.n; before += group {
		group = 1 + bits.TrailingZeros64(^(p.tied >> before))
		draws, times := group, &wholeChoose[group]
		if before+group == p.n {
			draws += p.beyond
		}
		// Downwards, so that the rows that are read do not yet include this group.
		for k := min(len(c.rows)-1, before+group); k > 0; k-- {
			for j := max(1, k-before); j <= min(group, k); j++ {
				wins := before - (k - j)
				add(c.rows[k][j*(2*wins+draws-j):], c.rows[k-j][:roundUpToFour(k-j, before)], times[j])
			}
		}
	}
	c.fit = c.complete()
	return c
}

// shape allocates the counts of a pattern, all zero.
func (c *counts[N]) shape(p pattern) {
	c.n, c.spare = p.n, p.inner*p.beyond
	size, most, spare := 0, min(p.take, p.n/2), (c.spare+3)&^3
	for k := range most + 1 {
		size += roundUpToFour(k, p.n) + spare + 4
	}
	if cap(c.all) < size {
		c.all = make([]N, size, size+size/4)
	}
	c.all = c.all[:size]
	clear(c.all)
	c.rows = c.rows[:0]
	for k, at := 0, 0; k <= most; k++ {
		end := at + roundUpToFour(k, p.n) + spare + 4
		c.rows = append(c.rows, c.all[at:end:end])
		at = end
	}
}

// roundUpToFour returns the length of the row for k of n ranks, rounded up to a multiple of four.
func roundUpToFour(k, n int) int { return (2*k*(n-k) + 4) &^ 3 }

// complete reports whether no count overflowed. A count that did has carried into the next, where it is worth less, so
// the sum of its row is too small. Rows with few ways cannot overflow.
func (c *counts[N]) complete() bool {
	for k, row := range c.rows {
		if choose[c.n][k] < 1<<16 {
			continue
		}
		sum := uint64(0)
		for i := 0; i+4 <= len(row); i += 4 {
			four := (*[4]N)(row[i:])
			sum += uint64(four[0]) + uint64(four[1]) + uint64(four[2]) + uint64(four[3])
		}
		if float64(sum) != choose[c.n][k] {
			return false
		}
	}
	return true
}

// addNarrow adds four counts in one addition of 64 bits.
func addNarrow(sum, row []uint16, times uint64) {
	sum = sum[:len(row)]
	i := 0
	for ; i+16 <= len(row); i += 16 {
		s, r := (*[16]uint16)(sum[i:]), (*[16]uint16)(row[i:])
		setFour(s[0:4], four(s[0:4])+times*four(r[0:4]))
		setFour(s[4:8], four(s[4:8])+times*four(r[4:8]))
		setFour(s[8:12], four(s[8:12])+times*four(r[8:12]))
		setFour(s[12:16], four(s[12:16])+times*four(r[12:16]))
	}
	for ; i+4 <= len(row); i += 4 {
		setFour(sum[i:], four(sum[i:])+times*four(row[i:]))
	}
}

// four returns four counts as one number of 64 bits.
func four(c []uint16) uint64 {
	return uint64(c[0]) | uint64(c[1])<<16 | uint64(c[2])<<32 | uint64(c[3])<<48
}

// setFour stores four counts from one number of 64 bits.
func setFour(c []uint16, n uint64) {
	c[0], c[1], c[2], c[3] = uint16(n), uint16(n>>16), uint16(n>>32), uint16(n>>48)
}

// addWide adds two counts in one addition of 64 bits.
func addWide(sum, row []uint32, times uint64) {
	sum = sum[:len(row)]
	for i := 0; i+2 <= len(row); i += 2 {
		s, r := (*[2]uint32)(sum[i:]), (*[2]uint32)(row[i:])
		n := (uint64(s[0]) | uint64(s[1])<<32) + times*(uint64(r[0])|uint64(r[1])<<32)
		s[0], s[1] = uint32(n), uint32(n>>32)
	}
}

// choose[n][k] is the number of ways to choose k of n: Pascal's triangle, exact for all sizes that are used with ties.
var choose = func() (c [2*exactTiesLimit + 1][2*exactTiesLimit + 1]float64) {
	for n := range c {
		c[n][0] = 1
		for k := 1; k <= n; k++ {
			c[n][k] = c[n-1][k-1] + c[n-1][k]
		}
	}
	return c
}()

// wholeChoose has the values of choose for one group, as integers.
var wholeChoose = func() (c [exactTiesLimit + 1][exactTiesLimit + 1]uint64) {
	for n := range c {
		for k := range n + 1 {
			c[n][k] = uint64(choose[n][k])
		}
	}
	return c
}()
