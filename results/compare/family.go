package compare

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/results/compare/series"
)

// family is the rows of one unit. The more comparisons there are, the more of them look like differences by chance, and
// the stronger the evidence of a single one has to be. Rows without scatter are in no family, and neither are rates whose
// time has a row of its own: neither adds a chance of a wrong verdict.
type family struct {
	rate  float64 // of false ones among the differences found
	size  int
	found int // differences by their P alone
	more  int // how many there would be, if one more row had the smallest P of all
	rows  []int32
	p     []float64 // of all rows, ascending
}

// gather puts the rows of a table into families.
func (c *comparison) gather(t *Table) {
	c.families = map[string]*family{}
	c.derive(t)
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

// discover turns the p-values of the family into false discovery rates (Benjamini and Hochberg 1995).
func (f *family) discover(rows []Row) {
	f.size = len(f.rows)
	type ranked struct {
		p  float64
		at int32
	}
	order := make([]ranked, f.size) // beside each other in memory, which the rows are not
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
	q, upTo := 1.0, f.size // the rows with a P up to the step of a rank
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

// step is the greatest P with which so many differences are found.
func (f *family) step(found int) float64 { return f.rate * float64(found) / float64(f.size) }

// limit is the greatest P with which a row would be found, those of all others being what they are.
func (f *family) limit(p float64) float64 {
	if p <= f.step(f.found) {
		return f.step(f.found)
	}
	if p > f.step(f.more) {
		return f.step(f.more)
	}
	return f.step(f.found + 1)
}

// derive finds the rates beside their times.
func (c *comparison) derive(t *Table) {
	var times map[series.Benchmark]int // of rows that do not stand beside
	for i := range c.set.Rows {
		if c.set.Rows[i].Unit != "B/s" {
			continue
		}
		name := c.set.Rows[i].Benchmark
		name.Unit = "sec/op"
		of := -1
		for k := max(0, i-4); k < min(len(c.set.Rows), i+5); k++ { // mostly it stands beside
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
			c.deriveRow(t, i, of)
		}
	}
}

// deriveRow notes of which of a time's rows in the table each of a rate's says the same.
func (c *comparison) deriveRow(t *Table, rate, time int) {
	for at := c.starts[rate]; at < c.starts[rate+1]; at++ {
		for of := c.starts[time]; of < c.starts[time+1]; of++ {
			if t.Rows[of].Target == t.Rows[at].Target && t.Rows[of].Verdict != NotCompared && t.Rows[at].Verdict != NotCompared &&
				c.facts[of].certain == c.facts[at].certain {
				c.facts[at].derived = int32(of + 1)
			}
		}
	}
}
