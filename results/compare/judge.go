package compare

import (
	"math"

	"github.com/xcmatrix/xcmatrix/results/compare/ranktest"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// judge sets the verdicts, which depend on the whole table.
//
// A verdict for a difference needs the whole interval beyond the threshold, which is equally far from 1 in both
// directions on the scale of logarithms, so that the order of the files does not matter; and a Q, among all rows of its
// unit, of at most the rate of discovery. Else a row has too few samples if no data of its size could have been found to
// differ, or if its rounds depend on one another. Else a wide interval is too noisy; all other rows show no difference.
func (c *comparison) judge(t *Table) {
	c.groupByUnit(t)
	for _, f := range c.families {
		f.setDiscoveryRates(t.Rows)
	}
	c.forEach(len(t.Rows), func(w *worker, at int) {
		if c.facts[at].derived == 0 {
			w.judge(t, at)
		}
	})
	for at := range t.Rows { // a rate gets the verdict of its time
		if c.facts[at].derived > 0 {
			c.workers[0].judge(t, at)
		}
	}
}

// judge sets the verdict of one row.
func (w *worker) judge(t *Table, at int) {
	r, f := &t.Rows[at], &w.facts[at]
	if r.Verdict == NotCompared {
		return
	}
	of, limit := w.families[r.Unit], w.options.Discovery
	switch {
	case f.certain:
	case f.derived > 0:
		time := &t.Rows[f.derived-1]
		of = w.families[time.Unit]
		r.Q, r.MDE, limit = time.Q, time.MDE, of.limit(float64(time.P))
	default:
		limit = of.limit(float64(r.P))
		r.MDE = Number(math.Expm1(w.detectable(r, at, limit)))
	}
	r.Verdict = w.verdict(r)
	switch {
	case r.Verdict.Difference():
	case f.rounds != nil && f.rounds.estimate.Dependent:
		e := &f.rounds.estimate
		r.Verdict, r.Why = TooFew, w.said.of(shortage{plain: e.Plain, enough: e.Enough})
	case !f.certain && f.least > limit:
		r.Verdict = TooFew
		r.Why = w.said.of(shortage{rows: of.size, unit: r.Unit, enough: enough(limit)})
	}
}

// shortage is the reason why a row has too few samples or rounds.
type shortage struct {
	unit   string // of its family, and the number of its rows; not set if rounds depend on one another
	rows   int
	enough int  // number of samples or rounds that would be enough
	plain  bool // rounds depend on one another, and chance hardly explains it
}

// reasons has the sentences made so far, since most rows of a table share a few of them.
type reasons map[shortage]*record.Sentence

// of returns the sentence for a shortage.
func (r *reasons) of(why shortage) *record.Sentence {
	if s := (*r)[why]; s != nil {
		return s
	}
	if *r == nil {
		*r = reasons{}
	}
	s := why.sentence()
	(*r)[why] = s
	return s
}

// sentence returns the reason as a sentence.
func (f shortage) sentence() *record.Sentence {
	switch {
	case f.rows > 0:
		return because("no difference can be found among %d rows in %s with so few: take at least %d samples a side",
			"在 %[2]s 的 %[1]d 行中，样本如此之少时不可能判定任何差异：每侧请至少取 %[3]d 个样本", f.rows, f.unit, f.enough)
	case f.plain:
		return because("the rounds depend on one another: take at least %d", "各轮之间并不独立：请至少取 %d 轮", f.enough)
	default:
		return because("so few rounds do not rule out that the rounds depend on one another: take at least %d",
			"轮次过少，无法排除各轮之间并不独立：请至少取 %d 轮", f.enough)
	}
}

// verdict returns the verdict of a row, by its numbers alone.
func (c *comparison) verdict(r *Row) Verdict {
	o := &c.options
	const exact = 1 + 1e-9 // smaller differences are rounding errors
	threshold := (1 + o.Delta) * exact
	higher, lower := float64(r.Low) > threshold, float64(r.High) < 1/threshold
	switch {
	case (higher || lower) && float64(r.Q) <= o.Discovery:
		return direction(higher, r)
	case r.High != r.Low && float64(r.High) > float64(r.Low)*(1+o.Noisy):
		return TooNoisy
	default:
		return NoDifference
	}
}

// direction returns the verdict for a difference, upwards if higher.
func direction(higher bool, r *Row) Verdict {
	switch {
	case r.Better == "" && higher:
		return HigherValue
	case r.Better == "":
		return LowerValue
	case higher == (r.Better == record.Higher):
		return Faster
	default:
		return Slower
	}
}

// detectable returns the smallest change, as a logarithm, that would be found with a P up to limit in four of five cases.
func (w *worker) detectable(r *Row, at int, limit float64) float64 {
	const beyond = 0.001 // the change has to be larger than the threshold
	threshold := math.Log1p(w.options.Delta) + beyond
	f := &w.facts[at]
	if f.rounds != nil {
		return f.rounds.estimate.Detectable(threshold, limit)
	}
	if f.least > limit {
		return math.Inf(1)
	}
	// The interval of another measurement has to lie beyond the threshold, and that for the P needed beyond 1.
	// The factors of half the width were found by simulation with normal and with long-tailed samples.
	usual := math.Log(float64(r.High/r.Low)) / 2
	strict := usual
	a, b := w.ranked(at)
	if limit < 1-w.options.Confidence {
		low, high := w.interval(a, b, 1-limit)
		strict = math.Log(high/low) / 2
	}
	times := 1.45 + 7/float64(min(len(a), len(b)))
	return max(threshold+times*usual, times*strict)
}

// ranked returns the values whose ranks a row compares.
func (w *worker) ranked(at int) (a, b []float64) {
	p := w.pair(at)
	if len(p.reference.Rounds) == 1 && len(p.cell.Rounds) == 1 {
		return p.reference.Rounds[0], p.cell.Rounds[0]
	}
	return p.reference.Rounds.Medians(), p.cell.Rounds.Medians()
}

// enough returns the number of samples of each side that a test needs to reach a P of limit.
func enough(limit float64) int {
	n := 1
	for ranktest.Least(n, n) > limit {
		n++
	}
	return n
}

// Proportion returns the interval of a share that k of n observations had (Wilson 1927).
func Proportion(k, n int, confidence float64) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	z, size := normalQuantile((1+confidence)/2), float64(n)
	share := float64(k) / size
	middle := (share + z*z/(2*size)) / (1 + z*z/size)
	half := z / (1 + z*z/size) * math.Sqrt(share*(1-share)/size+z*z/(4*size*size))
	return max(0, middle-half), min(1, middle+half)
}
