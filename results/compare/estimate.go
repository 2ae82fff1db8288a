package compare

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/xcmatrix/xcmatrix/results/compare/bootstrap"
	"github.com/xcmatrix/xcmatrix/results/compare/ranktest"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// comparison is what comparing shares between its steps.
type comparison struct {
	set       *series.Set
	options   Options
	reference int
	refused   []*record.Sentence // by column
	pairs     []pair             // by row of the table
	workers   []*worker
	means     map[group]*mean
}

// pair is the two series behind a row of the table; either may be missing.
type pair struct {
	row             *series.Row
	reference, cell *series.Cell
	column          int
	first           bool // of its benchmark
}

// list lays out the table's rows: by benchmark, then by column.
func (c *comparison) list(t *Table) {
	n := 0
	for i := range c.set.Rows {
		n += len(c.set.Rows[i].Cells)
	}
	c.pairs = make([]pair, 0, n)
	var single singles
	units := sync.OnceValue(func() units { return unitsOf(c.set) })
	for i := range c.set.Rows {
		row := &c.set.Rows[i]
		var reference *series.Cell
		if at, ok := slices.BinarySearchFunc(row.Cells, c.reference, func(x series.Cell, column int) int {
			return x.Column - column
		}); ok {
			reference = &row.Cells[at]
		}
		first := true
		for k := range row.Cells {
			cell := &row.Cells[k]
			refused := c.refused[cell.Column] != nil // then it matters to nobody
			if cell.Samples() == 1 && !refused {
				single.add(row, cell)
			}
			if cell.Column == c.reference {
				continue
			}
			if reference == nil && !refused {
				t.Problems = append(t.Problems, units().mixed(c, row, cell)...)
			}
			c.pairs = append(c.pairs, pair{row, reference, cell, cell.Column, first})
			first = false
		}
	}
	single.tell(t)
	t.Rows = make([]Row, len(c.pairs))
}

// row is one row before anything is estimated, with a reason where there is nothing to compare.
func (c *comparison) row(row *series.Row, reference, cell *series.Cell) Row {
	column := &c.set.Columns[cell.Column]
	r := Row{Benchmark: row.String(), Target: column.Label, Unit: row.Unit, Better: row.Better, Verdict: NotCompared,
		Provenance: column.Provenance, Rounds: len(cell.Rounds), Samples: cell.Samples(), Median: Number(cell.Rounds.Median())}
	for _, n := range []*Number{&r.Reference, &r.Ratio, &r.Low, &r.High, &r.P, &r.Q, &r.MDE} {
		*n = nan
	}
	if reference != nil {
		r.Reference = Number(reference.Rounds.Median())
	}
	switch {
	case c.refused[cell.Column] != nil:
		r.Why = c.refused[cell.Column]
	case reference == nil:
		why := record.Sayf("%s has no such benchmark in this unit", "%s 没有该单位的此项基准测试", c.set.Columns[c.reference].Label)
		r.Why = &why
	default:
		r.Test, r.Why = c.test(reference, cell)
	}
	return r
}

// worker estimates rows, one at a time.
type worker struct {
	*comparison
	resampler  *bootstrap.Resampler
	tester     ranktest.Tester
	base, logs []float64 // resampled logarithms of the reference's median, and of the ratio
}

// hire makes the workers. They keep what one row can use from another.
func (c *comparison) hire() {
	for range c.options.Workers {
		c.workers = append(c.workers, &worker{comparison: c, resampler: bootstrap.New(c.options.Seed),
			base: make([]float64, c.options.Resamples), logs: make([]float64, c.options.Resamples)})
	}
}

// estimateAll fills the rows in, all columns of a benchmark by one worker so that the reference is resampled once.
func (c *comparison) estimateAll(t *Table) {
	c.prepareMeans()
	var starts []int
	for i, p := range c.pairs {
		if p.first {
			starts = append(starts, i)
		}
	}
	starts = append(starts, len(c.pairs))
	c.share(len(starts)-1, func(w *worker, i int) { w.benchmark(t, starts[i], starts[i+1]) })
}

// share has the workers do n pieces of work, each of which is done alike by any of them.
func (c *comparison) share(n int, do func(w *worker, i int)) {
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

// benchmark estimates the rows of one benchmark.
func (w *worker) benchmark(t *Table, from, to int) {
	resampled := false
	for i := from; i < to; i++ {
		r, p := &t.Rows[i], w.pairs[i]
		*r = w.row(p.row, p.reference, p.cell)
		if r.Why != nil {
			continue
		}
		if r.Test == Bootstrap && !resampled {
			w.resample(w.base, p.reference, w.set.Columns[w.reference].Label, r)
			resampled = true
		}
		e := w.estimate(r, p.reference, p.cell)
		r.Ratio, r.Low, r.High, r.P, r.MDE = Number(e.ratio), Number(e.low), Number(e.high), Number(e.p), Number(e.mde)
		w.mean(r, e)
	}
}

func (w *worker) resample(dst []float64, cell *series.Cell, column string, r *Row) {
	if zeros(cell) {
		clear(dst)
		return
	}
	w.resampler.Logs(dst, cell.Rounds, column, r.Benchmark+"\x00"+r.Unit)
}

// estimated is a ratio of medians and how far it can be trusted.
type estimated struct {
	ratio, low, high float64
	se               float64 // of the ratio's logarithm
	p, mde           float64
}

// estimate compares two series by the row's test. The reference has been resampled.
func (w *worker) estimate(r *Row, reference, cell *series.Cell) estimated {
	if constant(reference) && constant(cell) && reference.Rounds[0][0] == cell.Rounds[0][0] {
		return estimated{ratio: 1, low: 1, high: 1, p: 1, mde: w.options.Delta}
	}
	if r.Test == Rank {
		return w.rank(float64(r.Reference), float64(r.Median), reference.Rounds[0], cell.Rounds[0])
	}
	if r.Test == Paired {
		w.resampler.PairLogs(w.logs, reference.Rounds, cell.Rounds, r.Benchmark+"\x00"+r.Unit)
		return w.interval(bootstrap.PairRatio(reference.Rounds, cell.Rounds), len(cell.Rounds)-1)
	}
	w.resample(w.logs, cell, r.Target, r)
	for i := range w.logs {
		w.logs[i] -= w.base[i]
	}
	return w.interval(float64(r.Median)/float64(r.Reference), len(reference.Rounds)+len(cell.Rounds)-2)
}

// interval reads an estimate off the resampled logarithms of the ratio.
func (w *worker) interval(ratio float64, freedom int) estimated {
	o := &w.options
	e := estimated{ratio: ratio, se: bootstrap.Deviation(w.logs)}
	work := slices.Clone(w.logs)
	e.low = min(ratio, math.Exp(bootstrap.Quantile(work, (1-o.Confidence)/2)))
	e.high = max(ratio, math.Exp(bootstrap.Quantile(work, (1+o.Confidence)/2)))
	e.p = chance(math.Log(ratio), e.se, float64(freedom))
	e.mde = detectable(e.se, o.Delta, o.Confidence, freedom)
	return e
}

// rank compares two single rounds.
func (w *worker) rank(reference, median float64, a, b []float64) estimated {
	o := &w.options
	e := estimated{ratio: median / reference}
	p, err := w.tester.P(a, b)
	if err != nil { // all equal
		p = 1
	}
	e.p = p
	low, high := w.tester.Ratio(a, b, o.Confidence)
	e.low, e.high = min(low, e.ratio), max(high, e.ratio)
	e.se = math.Log(high/low) / (2 * normalQuantile((1+o.Confidence)/2))
	e.mde = detectable(e.se, o.Delta, o.Confidence, math.MaxInt)
	return e
}
