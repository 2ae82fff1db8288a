package ranktest

// maxHalves bounds the halves that a Tester keeps: 20 kB each where samples have 20 values.
const maxHalves = 512

// half names a run of neighbouring ranks by its length, and by a bit for each neighbour that is tied with the next;
// and how many values of the first sample it can hold at most.
type half struct {
	tied    uint64
	n, take int
}

// counts tells, for a run of n ranks, in how many ways k of them can belong to the first sample so that twice the U of
// those against the run's other ranks is at most v: upTo[k][v], for v up to 2k(n-k).
//
// They are whole numbers, and exact while they stay under 2^53, which they do for 25 values a side with ties.
type counts struct {
	n    int
	upTo [][]float64
}

// count adds one group of equal values after the other. Of a group of g values j can be of the first sample in g-choose-j
// ways; each of the j wins over those of the other sample before it, and draws with the g-j in the group.
func count(groups []int, take int) *counts {
	c := &counts{}
	for _, g := range groups {
		c.n += g
	}
	take = min(take, c.n)
	size := 0
	for k := range take + 1 {
		size += 2*k*(c.n-k) + 1
	}
	all := make([]float64, size)
	c.upTo = make([][]float64, take+1)
	for k := range c.upTo {
		c.upTo[k], all = all[:2*k*(c.n-k)+1], all[2*k*(c.n-k)+1:]
	}
	c.upTo[0][0] = 1
	before := 0
	for _, g := range groups {
		// Downwards, so that what is read is still without this group.
		for k := min(take, before+g); k > 0; k-- {
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
	if k > before {
		clear(row) // the ranks before the group are too few for k
	}
	for j := max(1, k-before); j <= min(group, k); j++ {
		from, ways := k-j, choose[group][j]
		shift := j*2*(before-from) + j*(group-j)
		old := c.upTo[from][:2*from*(before-from)+1]
		sum := row[shift : shift+len(old)]
		for v, n := range old {
			sum[v] += ways * n
		}
	}
}

// tied returns P(2U <= twoU) for samples of these sizes with the ties in t.groups.
func (t *Tester) tied(twoU, n1, n2 int) float64 {
	low, high := t.cut(n1, n2, n1)
	sum := 0.0
	for k := max(0, n1-high.n); k <= min(n1, low.n); k++ {
		// n1-k values of the first sample stand in the upper half, and win over all of the other's in the lower.
		rest := twoU - 2*(n1-k)*(low.n-k)
		if rest < 0 {
			continue
		}
		up, previous := high.upTo[n1-k], 0.0
		for v, n := range low.upTo[k][:min(len(low.upTo[k]), rest+1)] {
			if n != previous {
				sum += (n - previous) * up[min(rest-v, len(up)-1)]
				previous = n
			}
		}
	}
	return sum / choose[n1+n2][n1]
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
	if c, ok := t.halves[key]; ok {
		return c
	}
	if len(t.halves) >= maxHalves || t.halves == nil {
		t.halves = make(map[half]*counts, maxHalves)
	}
	c := count(groups, take)
	t.halves[key] = c
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
