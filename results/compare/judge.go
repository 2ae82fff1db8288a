package compare

import (
	"math"

	"github.com/xcmatrix/xcmatrix/results/compare/ranktest"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// judge gives the verdicts, which need the whole table.
//
// A verdict of difference needs the whole interval beyond the threshold, which is as far from 1 in either direction on
// the scale of logarithms, so that the order of the files makes no difference; and it needs a Q, among all rows of its
// unit, of at most the rate of discovery. Otherwise a row that could not have been found, whatever its data, has too few
// samples; so has one whose rounds depend on one another. A wide interval is too noisy, and in what is left no
// difference is shown.
func (c *comparison) judge(t *Table) {
	c.gather(t)
	for _, f := range c.families {
		f.discover(t.Rows)
	}
	c.share(len(t.Rows), func(w *worker, at int) {
		if c.facts[at].derived == 0 {
			w.judge(t, at)
		}
	})
	for at := range t.Rows { // rates follow their times
		if c.facts[at].derived > 0 {
			c.workers[0].judge(t, at)
		}
	}
}

// judge gives one verdict.
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
	unit   string // of its family, and the rows of that; none where rounds depend on one another
	rows   int
	enough int  // so many are enough
	plain  bool // rounds depend on one another, which chance alone would hardly have shown
}

// reasons are those that were given so far; most rows of a table have one of a handful.
type reasons map[shortage]*record.Sentence

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

// verdict is a row's, by its numbers alone.
func (c *comparison) verdict(r *Row) Verdict {
	o := &c.options
	const exact = 1 + 1e-9 // what differs by less does not
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

// direction is the verdict on a difference.
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

// detectable is the smallest change that would be found with a P up to limit in four of five cases, as a logarithm.
func (w *worker) detectable(r *Row, at int, limit float64) float64 {
	const beyond = 0.001 // a change of the threshold itself is none
	threshold := math.Log1p(w.options.Delta) + beyond
	f := &w.facts[at]
	if f.rounds != nil {
		return f.rounds.estimate.Detectable(threshold, limit)
	}
	if f.least > limit {
		return math.Inf(1)
	}
	// Another measurement's interval has to lie beyond the threshold, and the wider one of the P that is needed beyond 1.
	// What either takes, in halves of the width, was tried on normal samples and on some with long tails.
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

// ranked are the values of which a row compares the ranks.
func (w *worker) ranked(at int) (a, b []float64) {
	p := w.pair(at)
	if len(p.reference.Rounds) == 1 && len(p.cell.Rounds) == 1 {
		return p.reference.Rounds[0], p.cell.Rounds[0]
	}
	return p.reference.Rounds.Medians(), p.cell.Rounds.Medians()
}

// enough is how many samples a side a test needs to have a P of limit.
func enough(limit float64) int {
	n := 1
	for ranktest.Least(n, n) > limit {
		n++
	}
	return n
}

// Proportion is the interval of a share of which k in n were seen (Wilson 1927).
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
