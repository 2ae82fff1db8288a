package compare

import (
	"math"
	"math/rand/v2"

	"github.com/xcmatrix/xcmatrix/results/compare/rounds"
)

// Control is the comparison of the table's own data with themselves. The values of both series of a row are shifted to the
// same level and distributed to two labels at random, and the row is judged in its place in the table, with all other rows
// unchanged. It shows what the scatter of these data does to a verdict. It cannot show whether rounds depend on one
// another, because a permutation destroys their order; that is tested separately.
type Control struct {
	Comparisons int     `json:"comparisons"`
	Differences int     `json:"differences"` // verdicts of difference: all false
	Rate        Number  `json:"rate"`
	Low         float64 `json:"low"`
	High        float64 `json:"high"`
	ExcludesOne int     `json:"excludes_one"` // intervals without 1, which the rules alone do not call a difference
}

// maxPermuted is the largest number of values that one control permutes, so that it takes no longer than reading a large
// file: a thousand comparisons of fifty samples a side.
const maxPermuted = 100_000

// control permutes the data of rows that are evenly spread over the table; those of small tables several times.
func (c *comparison) control(t *Table) Control {
	var usable []int
	values := 0
	for at := range t.Rows {
		if f := &c.facts[at]; t.Rows[at].Verdict != NotCompared && !f.certain && f.derived == 0 && (f.rounds != nil || t.Rows[at].Test == Rank) {
			usable = append(usable, at)
			if values += 2 * t.Rows[at].Rounds; t.Rows[at].Test == Rank {
				values += 2 * t.Rows[at].Samples
			}
		}
	}
	if len(usable) == 0 || c.options.Control == 0 {
		return Control{Rate: nan, High: 1}
	}
	comparisons := max(1, min(c.options.Control, maxPermuted/(values/len(usable)+1)))
	dealt := make([]Row, comparisons)
	c.forEach(comparisons, func(w *worker, i int) {
		random := rand.New(rand.NewPCG(c.options.Seed, uint64(i))) // the comparison's own, so that the result does not depend on the worker
		dealt[i] = w.permuteRow(t, usable[i*len(usable)/comparisons], random)
	})
	result := Control{Comparisons: comparisons}
	for i := range dealt {
		if dealt[i].Verdict.Difference() {
			result.Differences++
		}
		if dealt[i].Low > 1 || dealt[i].High < 1 {
			result.ExcludesOne++
		}
	}
	result.Rate = Number(float64(result.Differences) / float64(result.Comparisons))
	result.Low, result.High = Proportion(result.Differences, result.Comparisons, c.options.Confidence)
	return result
}

// permuteRow compares the data of a row with themselves, and judges the result in the row's place.
func (w *worker) permuteRow(t *Table, at int, random *rand.Rand) Row {
	p, r := w.pair(at), t.Rows[at]
	if w.facts[at].rounds == nil {
		w.permuteSamples(&r, p, random)
	} else {
		e := w.permuteRounds(r.Test, p, random)
		r.Low, r.High, r.P = round(math.Exp(e.Low)), round(math.Exp(e.High)), Number(e.P)
	}
	r.Q = 1
	if float64(r.P) <= w.families[r.Unit].limit(float64(t.Rows[at].P)) {
		r.Q = 0
	}
	r.Verdict = w.verdict(&r)
	return r
}

// permuteRounds permutes the medians of rounds and returns the estimate of them.
func (w *worker) permuteRounds(test Test, p pair, random *rand.Rand) rounds.Estimate {
	w.reference.Take(p.reference.Rounds)
	w.cell.Take(p.cell.Rounds)
	if test == Paired { // pairs stay together; which side each value is on is random
		rounds.FlipPairs(&w.reference, &w.cell, random.IntN)
		d := rounds.OfPairs(&w.reference, &w.cell, w.options.Confidence)
		return d.Estimate(rounds.Neighbours{})
	}
	rounds.Permute(&w.reference, &w.cell, random.Shuffle)
	d := rounds.Between(&w.reference, &w.cell, &w.tester, w.options.Confidence)
	d.Excess = 0 // a permutation has no order of rounds
	return d.Estimate(rounds.Neighbours{})
}

// permuteSamples permutes the samples of single rounds and compares them.
func (w *worker) permuteSamples(r *Row, p pair, random *rand.Rand) {
	w.pool.set(p.reference.Rounds, p.cell.Rounds)
	a, b := w.pool.permute(random)
	p1, err := w.tester.P(a, b)
	if err != nil { // all values are equal
		p1 = 1
	}
	low, high := w.interval(a, b, w.options.Confidence)
	r.Low, r.High, r.P = round(low), round(high), Number(p1)
}

// pool is the samples of two single rounds, shifted to the same level.
type pool struct {
	from  [2]*float64 // addresses of the first samples of the rounds, which identify them
	sizes [2]int
	all   []float64    // ascending
	dealt [2][]float64 // scratch
}

// set fills the pool with the samples of two rounds, unless it has them already.
func (l *pool) set(a, b rounds.Rounds) {
	if from := [2]*float64{&a[0][0], &b[0][0]}; from == l.from {
		return
	} else {
		l.from = from
	}
	for i, r := range [...]rounds.Rounds{a, b} {
		l.sizes[i] = len(r[0])
		middle := r.Median()
		if middle <= 0 {
			middle = 1
		}
		l.dealt[i] = l.dealt[i][:0]
		for _, v := range r[0] {
			l.dealt[i] = append(l.dealt[i], v/middle)
		}
	}
	l.all = merged(l.all[:0], l.dealt[0], l.dealt[1])
}

// merged appends the values of two ascending series to all, in ascending order.
func merged(all, a, b []float64) []float64 {
	for len(a) > 0 && len(b) > 0 {
		if b[0] < a[0] {
			all, b = append(all, b[0]), b[1:]
		} else {
			all, a = append(all, a[0]), a[1:]
		}
	}
	return append(append(all, a...), b...)
}

// permute distributes the samples to two ascending series of the sizes that they came from: each sample goes to the first
// series with the share of places that are left there.
func (l *pool) permute(random *rand.Rand) (a, b []float64) {
	a, b = l.dealt[0][:0], l.dealt[1][:0]
	for i, v := range l.all {
		if random.IntN(len(l.all)-i) < l.sizes[0]-len(a) {
			a = append(a, v)
		} else {
			b = append(b, v)
		}
	}
	l.dealt = [2][]float64{a, b}
	return a, b
}
