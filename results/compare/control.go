package compare

import (
	"math/rand/v2"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/compare/bootstrap"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
)

// Control is the comparison of the table's own data with themselves: how often these rules, on data as noisy as these,
// find a difference where there is none. The rounds of both series of a row are put on one level, each divided by its
// series' median, and dealt anew to two labels.
type Control struct {
	Comparisons int     `json:"comparisons"`
	Differences int     `json:"differences"` // verdicts of difference: all false
	Rate        Number  `json:"rate"`
	Low         float64 `json:"low"`
	High        float64 `json:"high"`
	ExcludesOne int     `json:"excludes_one"` // intervals without 1, which the rules alone do not call a difference
}

// control deals the data of rows that are evenly spread over the table, small tables several times.
func (c *comparison) control() Control {
	var usable []int
	comparisons := max(0, c.options.Control)
	for at, ok := range c.usable {
		if ok {
			usable = append(usable, at)
		}
	}
	if len(usable) == 0 || comparisons == 0 {
		return Control{Rate: nan, High: 1}
	}
	rows := make([]Row, comparisons)
	c.share(len(rows), func(w *worker, i int) {
		random := rand.New(rand.NewPCG(c.options.Seed, uint64(i))) // its own, whichever worker deals
		rows[i] = w.deal(c.pair(usable[i*len(usable)/comparisons]), random)
	})
	judge(rows, c.options)
	result := Control{Comparisons: len(rows)}
	for i := range rows {
		if rows[i].Verdict == Faster || rows[i].Verdict == Slower {
			result.Differences++
		}
		if rows[i].Low > 1 || rows[i].High < 1 {
			result.ExcludesOne++
		}
	}
	result.Rate = Number(float64(result.Differences) / float64(result.Comparisons))
	result.Low, result.High = Proportion(result.Differences, result.Comparisons, c.options.Confidence)
	return result
}

// deal compares a pair's data with themselves.
func (w *worker) deal(p pair, random *rand.Rand) Row {
	test, _ := w.test(p.reference, p.cell)
	all := slices.Concat(level(p.reference.Rounds), level(p.cell.Rounds))
	first := len(p.reference.Rounds)
	if test == Rank {
		all = slices.Concat(split(all[0]), split(all[1]))
		first = len(p.reference.Rounds[0])
	}
	if test == Paired { // what was measured side by side stays so, but on which side is dealt
		for i := range first {
			if random.IntN(2) == 1 {
				all[i], all[first+i] = all[first+i], all[i]
			}
		}
	} else {
		random.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	}
	a, b := series.Cell{Rounds: all[:first]}, series.Cell{Rounds: all[first:]}
	if test == Rank {
		a.Rounds, b.Rounds = bootstrap.Pool(a.Rounds), bootstrap.Pool(b.Rounds)
	}
	r := Row{Benchmark: p.row.String(), Target: "control", Unit: p.row.Unit, Better: p.row.Better, Test: test,
		Reference: Number(a.Rounds.Median()), Median: Number(b.Rounds.Median())}
	if test == Bootstrap {
		w.resample(w.base, &a, "control of "+r.Target, &r)
	}
	e := w.estimate(&r, &a, &b)
	r.Ratio, r.Low, r.High, r.P, r.MDE = Number(e.ratio), Number(e.low), Number(e.high), Number(e.p), Number(e.mde)
	return r
}

// level divides all values by their median of round medians.
func level(rounds bootstrap.Rounds) bootstrap.Rounds {
	median := rounds.Median()
	leveled := make(bootstrap.Rounds, len(rounds))
	for i, samples := range rounds {
		leveled[i] = make([]float64, len(samples))
		for k, v := range samples {
			leveled[i][k] = v / median
		}
	}
	return leveled
}

// split makes each value a round.
func split(samples []float64) bootstrap.Rounds {
	rounds := make(bootstrap.Rounds, len(samples))
	for i := range samples {
		rounds[i] = samples[i : i+1]
	}
	return rounds
}
