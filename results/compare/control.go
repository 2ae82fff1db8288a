package compare

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/compare/rounds"
)

// Control is the comparison of the table's own data with themselves: the values of both series of a row are put on one
// level and dealt anew to two labels, and the row is judged in its place in the table, all others being what they are.
// It shows what the scatter of these data does to a verdict. What a deal destroys it does not show: the order of rounds,
// and with it whether they depend on one another, which is looked for by itself.
type Control struct {
	Comparisons int     `json:"comparisons"`
	Differences int     `json:"differences"` // verdicts of difference: all false
	Rate        Number  `json:"rate"`
	Low         float64 `json:"low"`
	High        float64 `json:"high"`
	ExcludesOne int     `json:"excludes_one"` // intervals without 1, which the rules alone do not call a difference
}

// mostDealt bounds the values that are dealt for one control.
const mostDealt = 4_000_000

// control deals the data of rows that are evenly spread over the table, small tables several times.
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
	comparisons := max(1, min(c.options.Control, mostDealt/(values/len(usable)+1)))
	dealt := make([]Row, comparisons)
	c.share(comparisons, func(w *worker, i int) {
		random := rand.New(rand.NewPCG(c.options.Seed, uint64(i))) // its own, whichever worker deals
		dealt[i] = w.deal(t, usable[i*len(usable)/comparisons], random)
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

// deal compares the data of a row with themselves and judges what comes out in the row's place.
func (w *worker) deal(t *Table, at int, random *rand.Rand) Row {
	p, r := w.pair(at), t.Rows[at]
	if w.facts[at].rounds == nil {
		w.dealSamples(&r, p, random)
	} else {
		e := w.dealRounds(r.Test, p, random)
		r.Low, r.High, r.P = round(math.Exp(e.Low)), round(math.Exp(e.High)), Number(e.P)
	}
	r.Q = 1
	if float64(r.P) <= w.families[r.Unit].limit(float64(t.Rows[at].P)) {
		r.Q = 0
	}
	r.Verdict = w.verdict(&r)
	return r
}

// dealRounds deals the medians of rounds.
func (w *worker) dealRounds(test Test, p pair, random *rand.Rand) rounds.Estimate {
	w.reference.Take(p.reference.Rounds)
	w.cell.Take(p.cell.Rounds)
	if test == Paired { // what was measured side by side stays so, but on which side is dealt
		rounds.Turn(&w.reference, &w.cell, random.IntN)
		d := rounds.OfPairs(&w.reference, &w.cell, w.options.Confidence)
		return d.Estimate(rounds.Neighbours{})
	}
	rounds.Deal(&w.reference, &w.cell, random.Shuffle)
	d := rounds.Between(&w.reference, &w.cell, p.reference.Rounds, p.cell.Rounds, &w.tester, w.options.Confidence)
	d.Excess = 0 // the deal has left no order to look at
	return d.Estimate(rounds.Neighbours{})
}

// dealSamples deals the samples of single rounds.
func (w *worker) dealSamples(r *Row, p pair, random *rand.Rand) {
	a, b := p.reference.Rounds[0], p.cell.Rounds[0]
	all := make([]float64, 0, len(a)+len(b))
	for _, values := range [...][]float64{a, b} {
		middle := rounds.Rounds{values}.Median()
		for _, v := range values {
			if middle > 0 {
				v /= middle
			}
			all = append(all, v)
		}
	}
	random.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	a, b = all[:len(a)], all[len(a):]
	slices.Sort(a)
	slices.Sort(b)
	p1, err := w.tester.P(a, b)
	if err != nil { // all equal
		p1 = 1
	}
	low, high := w.interval(a, b, w.options.Confidence)
	r.Low, r.High, r.P = round(low), round(high), Number(p1)
}
