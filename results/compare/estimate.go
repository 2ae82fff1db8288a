package compare

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/xcmatrix/xcmatrix/results/compare/ranktest"
	"github.com/xcmatrix/xcmatrix/results/compare/rounds"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
)

// worker estimates rows, one at a time.
type worker struct {
	*comparison
	tester          ranktest.Tester
	reference, cell rounds.Side
	scratch         [2][]float64
	pool            pool
	said            reasons
	least           least
}

// makeWorkers makes the workers. Each keeps intermediate results of one row that the next may need again.
func (c *comparison) makeWorkers() {
	for range c.options.Workers {
		c.workers = append(c.workers, &worker{comparison: c})
	}
}

// measureAll sets the fields of all rows that depend on the row's own data alone. One worker does all columns of a
// benchmark.
func (c *comparison) measureAll(t *Table) {
	c.forEach(len(c.set.Rows), func(w *worker, i int) { w.benchmark(t, i) })
}

// forEach calls do for each i below n, by all workers in parallel. The result must not depend on which worker calls.
func (c *comparison) forEach(n int, do func(w *worker, i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for _, w := range c.workers {
		wg.Go(func() {
			for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
				do(w, i-1)
			}
		})
	}
	wg.Wait()
}

// benchmark measures the table's rows of row i of the set.
func (w *worker) benchmark(t *Table, i int) {
	taken := false // whether the reference's side is set
	row := &w.set.Rows[i]
	reference := w.comparison.cell(row)
	at := w.starts[i]
	for k := range row.Cells {
		cell := &row.Cells[k]
		if cell == reference {
			continue
		}
		r, f := &t.Rows[at], &w.facts[at]
		at++
		w.begin(r, pair{row, reference, cell})
		switch {
		case r.Why != nil:
		case reference.Rounds.Constant() && cell.Rounds.Constant():
			f.certain = true
			w.exact(r, cell.Rounds[0][0]/reference.Rounds[0][0])
		case r.Test == Rank:
			w.rank(r, f, reference.Rounds[0], cell.Rounds[0])
		case reference.Rounds.Zero() || cell.Rounds.Zero():
			w.rank(r, f, reference.Rounds.Medians(), cell.Rounds.Medians())
		default:
			if !taken {
				w.reference.Take(reference.Rounds)
				taken = true
			}
			w.cell.Take(cell.Rounds)
			f.rounds = &rounded{difference: w.difference(r.Test)}
			w.means.get(group{r.Target, r.Unit}).add(r.Test, &w.reference, &w.cell)
		}
	}
	if reference != nil && len(row.Cells) < len(w.set.Columns) {
		w.addMissingRows(t, at, row, reference)
	}
}

// addMissingRows sets the table's rows for the columns that do not have a benchmark; at is the index of the first.
func (w *worker) addMissingRows(t *Table, at int, row *series.Row, reference *series.Cell) {
	cells := row.Cells
	for column := range w.set.Columns {
		if len(cells) > 0 && cells[0].Column == column {
			cells = cells[1:]
			continue
		}
		w.addMissingRow(&t.Rows[at], row, reference, column)
		at++
	}
}

// difference returns the difference between the two sides by a test.
func (w *worker) difference(test Test) rounds.Difference {
	if test == Paired {
		return rounds.OfPairs(&w.reference, &w.cell, w.options.Confidence)
	}
	return rounds.Between(&w.reference, &w.cell, &w.tester, w.options.Confidence)
}

// exact sets the fields of a row whose values do not scatter; ratio is NaN if both are zero.
func (w *worker) exact(r *Row, ratio float64) {
	r.P, r.Q, r.MDE = 0, 0, Number(w.options.Delta)
	if r.Median == r.Reference {
		ratio, r.P, r.Q = 1, 1, 1
	}
	r.Ratio, r.Low, r.High = Number(ratio), Number(ratio), Number(ratio)
	if w.geomean(r) {
		w.means.get(group{r.Target, r.Unit}).addSingle(math.Log(ratio), 0)
	}
}

// rank compares two ascending series by their ranks alone: single rounds, and series with zeros, which have no logarithm.
func (w *worker) rank(r *Row, f *fact, a, b []float64) {
	p, err := w.tester.P(a, b)
	if err != nil { // all equal
		p = 1
	}
	f.least = w.least.of(len(a), len(b))
	low, high := w.interval(a, b, w.options.Confidence)
	ratio := float64(r.Median) / float64(r.Reference)
	if !math.IsNaN(ratio) {
		ratio = min(high, max(low, ratio))
	}
	r.Ratio, r.Low, r.High, r.P = Number(ratio), round(low), round(high), Number(p)
	if w.geomean(r) {
		w.means.get(group{r.Target, r.Unit}).addSingle(math.Log(ratio), w.singleError(r))
	}
}

// least caches the smallest p-value for two sizes, which are usually those of the row before.
type least struct {
	n1, n2 int
	p      float64
}

// of returns the smallest p-value that samples of these sizes can have.
func (l *least) of(n1, n2 int) float64 {
	if l.n1 != n1 || l.n2 != n2 {
		*l = least{n1, n2, ranktest.Least(n1, n2)}
	}
	return l.p
}

// interval returns the interval of the ratio by the rank test. A zero counts as a value far below all others.
func (w *worker) interval(a, b []float64, confidence float64) (low, high float64) {
	if a[0] > 0 && b[0] > 0 {
		return w.tester.Ratio(a, b, confidence)
	}
	const far = 1e9
	least := math.Inf(1)
	for _, values := range [...][]float64{a, b} {
		if i := slices.IndexFunc(values, func(v float64) bool { return v > 0 }); i >= 0 {
			least = min(least, values[i])
		}
	}
	for i, values := range [...][]float64{a, b} {
		w.scratch[i] = append(w.scratch[i][:0], values...)
		for k, v := range w.scratch[i] {
			if v > 0 {
				break
			}
			w.scratch[i][k] = least / far
		}
	}
	low, high = w.tester.Ratio(w.scratch[0], w.scratch[1], confidence)
	ends := [2]*float64{&low, &high}
	for _, end := range ends {
		if *end >= far/2 {
			*end = math.Inf(1)
		} else if *end <= 2/far {
			*end = 0
		}
	}
	return low, high
}

// singleError returns the standard error of the logarithm of a single round's ratio.
func (c *comparison) singleError(r *Row) float64 {
	return math.Log(float64(r.High/r.Low)) / (2 * normalQuantile((1+c.options.Confidence)/2))
}

// estimateAll sets the estimates of rows with rounds. They depend on how all benchmarks of two columns change from one
// round to the next.
func (c *comparison) estimateAll(t *Table) {
	all := make([]rounds.Neighbours, len(c.set.Columns))
	column := make(map[string]int, len(t.Columns))
	for i, label := range t.Columns {
		column[label] = i
	}
	for at := range t.Rows {
		if d := c.facts[at].rounds; d != nil && d.difference.Excess > 0 {
			all[column[t.Rows[at].Target]].Add(d.difference.Lag)
		}
	}
	c.forEach(len(t.Rows), func(_ *worker, at int) {
		d := c.facts[at].rounds
		if d == nil {
			return
		}
		r := &t.Rows[at]
		d.estimate = d.difference.Estimate(all[column[r.Target]])
		e := &d.estimate
		r.Ratio, r.Low, r.High, r.P = round(math.Exp(e.Log)), round(math.Exp(e.Low)), round(math.Exp(e.High)), Number(e.P)
	})
	for at := range t.Rows {
		if d := c.facts[at].rounds; d != nil {
			r := &t.Rows[at]
			c.means.get(group{r.Target, r.Unit}).addErrors(&d.estimate)
		}
	}
}

// round returns a ratio; 1 if it differs from 1 by no more than rounding errors.
func round(ratio float64) Number {
	if math.Abs(ratio-1) < 1e-9 {
		return 1
	}
	return Number(ratio)
}

// normalQuantile returns the quantile of the standard normal distribution for a share.
func normalQuantile(share float64) float64 { return math.Sqrt2 * math.Erfinv(2*share-1) }
