package compare

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/xcmatrix/xcmatrix/results/compare/bootstrap"
	"github.com/xcmatrix/xcmatrix/results/compare/ranktest"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
)

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
	c.share(len(c.set.Rows), func(w *worker, i int) { w.benchmark(t, i) })
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

// benchmark estimates the table's rows of one of the set's.
func (w *worker) benchmark(t *Table, i int) {
	resampled := false
	row := &w.set.Rows[i]
	reference := w.cell(row)
	at := w.starts[i]
	for k := range row.Cells {
		cell := &row.Cells[k]
		if cell == reference {
			continue
		}
		r := &t.Rows[at]
		if w.begin(r, pair{row, reference, cell}); r.Why == nil {
			if r.Test == Bootstrap && !resampled {
				w.resample(w.base, reference, w.set.Columns[w.reference].Label, r)
				resampled = true
			}
			e := w.estimate(r, reference, cell)
			r.Ratio, r.Low, r.High, r.P, r.MDE = Number(e.ratio), Number(e.low), Number(e.high), Number(e.p), Number(e.mde)
			w.mean(r, e)
			w.usable[at] = !constant(cell) || !constant(reference)
		}
		at++
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
