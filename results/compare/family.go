package compare

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/results/compare/series"
)

// family is the rows of one unit. The more rows are compared, the more of them differ by chance, so the evidence for a
// single one has to be stronger. Rows without scatter are in no family, and neither are rates whose time has a row of its
// own: they add no chance of a wrong verdict.
type family struct {
	rate  float64 // accepted share of false ones among the differences found
	size  int
	found int // number of differences by their P alone
	more  int // the same if one more row had the smallest P of all
	rows  []int32
	p     []float64 // of all rows, ascending
}

// groupByUnit puts the rows of a table into families.
func (c *comparison) groupByUnit(t *Table) {
	c.families = map[string]*family{}
	c.findDerivedRates(t)
	for at := range t.Rows {
		r, f := &t.Rows[at], &c.facts[at]
		if r.Verdict == NotCompared || f.certain || f.derived > 0 {
			continue
		}
		of := c.families[r.Unit]
		if of == nil {
			of = &family{rate: c.options.Discovery}
			c.families[r.Unit] = of
		}
		of.rows = append(of.rows, int32(at))
	}
}

// setDiscoveryRates sets Q of the family's rows: the false discovery rates for their p-values (Benjamini and Hochberg
// 1995).
func (f *family) setDiscoveryRates(rows []Row) {
	f.size = len(f.rows)
	type ranked struct {
		p  float64
		at int32
	}
	order := make([]ranked, f.size) // contiguous in memory, unlike the rows
	for i, at := range f.rows {
		order[i] = ranked{float64(rows[at].P), at}
	}
	slices.SortFunc(order, func(a, b ranked) int {
		switch {
		case a.p < b.p:
			return -1
		case a.p > b.p:
			return 1
		default:
			return int(a.at - b.at)
		}
	})
	f.p = make([]float64, f.size)
	for i, r := range order {
		f.p[i], f.rows[i] = r.p, r.at
	}
	q, upTo := 1.0, f.size // number of rows with a P up to the step of a rank
	for rank := f.size; rank > 0; rank-- {
		q = min(q, f.p[rank-1]*float64(f.size)/float64(rank))
		rows[f.rows[rank-1]].Q = Number(q)
		if q <= f.rate {
			f.found = max(f.found, rank)
		}
		for step := f.step(rank); upTo > 0 && f.p[upTo-1] > step; {
			upTo--
		}
		if f.more == 0 && upTo+1 >= rank {
			f.more = rank
		}
	}
}

// step returns the largest P with which this many differences are found.
func (f *family) step(found int) float64 { return f.rate * float64(found) / float64(f.size) }

// limit returns the largest P with which a row with the p-value p would be found if all others stay as they are.
func (f *family) limit(p float64) float64 {
	if p <= f.step(f.found) {
		return f.step(f.found)
	}
	if p > f.step(f.more) {
		return f.step(f.more)
	}
	return f.step(f.found + 1)
}

// findDerivedRates finds the rates (such as MB/s) whose time has a row too.
func (c *comparison) findDerivedRates(t *Table) {
	var times map[series.Benchmark]int // of times that are not near their rate
	for i := range c.set.Rows {
		if c.set.Rows[i].Unit != "B/s" {
			continue
		}
		name := c.set.Rows[i].Benchmark
		name.Unit = "sec/op"
		of := -1
		for k := max(0, i-4); k < min(len(c.set.Rows), i+5); k++ { // usually it is near
			if c.set.Rows[k].Benchmark == name {
				of = k
			}
		}
		if of < 0 && times == nil {
			times = map[series.Benchmark]int{}
			for k := range c.set.Rows {
				if c.set.Rows[k].Unit == "sec/op" {
					times[c.set.Rows[k].Benchmark] = k
				}
			}
		}
		if k, ok := times[name]; of < 0 && ok {
			of = k
		}
		if of >= 0 {
			c.linkRate(t, i, of)
		}
	}
}

// linkRate sets for the table's rows of a rate the rows of the time that they repeat; rate and time are rows of the set.
func (c *comparison) linkRate(t *Table, rate, time int) {
	for at := c.starts[rate]; at < c.starts[rate+1]; at++ {
		for of := c.starts[time]; of < c.starts[time+1]; of++ {
			if t.Rows[of].Target == t.Rows[at].Target && t.Rows[of].Verdict != NotCompared && t.Rows[at].Verdict != NotCompared &&
				c.facts[of].certain == c.facts[at].certain {
				c.facts[at].derived = int32(of + 1)
			}
		}
	}
}
