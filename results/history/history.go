// Package history follows one benchmark over runs: its median in each, and where its level changed.
package history

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/rounds"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/median"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Point is a benchmark in one run.
type Point struct {
	Run     string    `json:"run"`
	Commit  string    `json:"commit,omitempty"`
	Time    time.Time `json:"time"`
	Median  float64   `json:"median"` // of the round medians
	Low     float64   `json:"low"`    // the least round median
	High    float64   `json:"high"`   // the greatest
	Rounds  int       `json:"rounds"`
	Changed *Change   `json:"changed,omitempty"` // the level is another from this run on

}

// Change is a change of level.
type Change struct {
	Ratio  float64 `json:"ratio"` // of the level after it to the one before; 0 where a value of 0 allows none
	P      float64 `json:"p"`     // corrected for the number of places where it could have been
	Faster bool    `json:"faster"`

	Verdict compare.Verdict `json:"verdict"` // faster, slower, higher or lower
}

// Alone is a last run that lies apart from the level before it: one run, not yet a level.
type Alone struct {
	Ratio   float64         `json:"ratio"` // to the level's median
	Verdict compare.Verdict `json:"verdict"`
}

// Trend is a benchmark's points in order of time.
type Trend struct {
	Target    string        `json:"target"`
	Benchmark string        `json:"benchmark"`
	Unit      string        `json:"unit"`
	Better    record.Better `json:"better"`
	Points    []Point       `json:"points"`
	Alone     *Alone        `json:"alone,omitempty"` // of the last point
}

// Options are the rules for changes.
type Options struct {
	Delta float64 // a change of level up to this share does not count
	Alpha float64 // nor one that chance explains this often
}

// Default rules: as many runs are looked at as there are, so chance is given little room.
var Default = Options{Delta: 0.05, Alpha: 0.005}

// Of puts the trends together of all benchmarks on a target whose name matches. Emulated samples are left out.
func Of(runs []*store.Run, target string, matches func(name string) bool, o Options) []Trend {
	return OfMachine(runs, target, func(*store.Run) string { return target }, matches, o)
}

// OfMachine is Of for a machine that runs call differently: in says what each calls it, "" where it is not in the run.
func OfMachine(runs []*store.Run, machine string, in func(*store.Run) string, matches func(name string) bool, o Options) []Trend {
	runs = slices.SortedStableFunc(slices.Values(runs), func(a, b *store.Run) int {
		return cmp.Or(a.Manifest.Created.Compare(b.Manifest.Created), cmp.Compare(a.Manifest.Run, b.Manifest.Run))
	})
	index := map[series.Benchmark]int{}
	var trends []Trend
	for _, run := range runs {
		for _, row := range series.OfRun(run, in(run)).Rows {
			name := row.Benchmark
			name.On = ""
			if !matches(name.Name) || len(row.Cells) == 0 {
				continue
			}
			i, ok := index[name]
			if !ok {
				i = len(trends)
				index[name] = i
				trends = append(trends, Trend{Target: machine, Benchmark: name.Name, Unit: name.Unit, Better: row.Better})
			}
			trends[i].Points = append(trends[i].Points, point(run, row.Cells[0]))
		}
	}
	for i := range trends {
		trends[i].mark(o)
	}
	return trends
}

func point(run *store.Run, c series.Cell) Point {
	medians := c.Rounds.Medians()
	return Point{Run: run.Manifest.Run, Commit: run.Manifest.Commit, Time: run.Manifest.Created, Median: c.Rounds.Median(),
		Rounds: len(c.Rounds), Low: medians[0], High: medians[len(medians)-1]}
}

// mark finds the changes of level. A run counts as one value, the median of its rounds: rounds of one run share what the
// machine was like meanwhile. A last run that lies apart is named, and is no level yet.
func (t *Trend) mark(o Options) {
	logs := t.logarithms()
	s := newSegmenter(logs, o.Delta, o.Alpha)
	changes := s.changes()
	for i := range changes {
		from, at, to := s.around(changes, i)
		ratio := math.Exp(median.Of(logs[at:to]) - median.Of(logs[from:at]))
		c := &Change{Ratio: ratio, P: s.wholeP(from, at, to), Verdict: verdict(ratio, t.Better)}
		c.Faster = c.Verdict == compare.Faster
		if t.hasZero(from, to) {
			c.Ratio = 0
		}
		t.Points[at].Changed = c
	}
	begin := 0
	if len(changes) > 0 {
		begin = changes[len(changes)-1]
	}
	if n := len(logs); n-1-begin >= leastBefore && !t.hasZero(begin, n) {
		t.Alone = alone(logs[begin:n-1], logs[n-1], o.Delta, t.Better)
	}
}

// logarithms are those of the points' medians. In place of 0, which has none, stands half of the least value: a change
// from 0 is seen, and has no ratio.
func (t *Trend) logarithms() []float64 {
	least := math.Inf(1)
	for _, p := range t.Points {
		if p.Median > 0 {
			least = min(least, p.Median)
		}
	}
	logs := make([]float64, len(t.Points))
	for i, p := range t.Points {
		if p.Median > 0 {
			logs[i] = math.Log(p.Median)
		} else if !math.IsInf(least, 1) {
			logs[i] = math.Log(least / 2)
		}
	}
	return logs
}

// hasZero reports whether a point between two places has the median 0.
func (t *Trend) hasZero(from, to int) bool {
	return slices.ContainsFunc(t.Points[from:to], func(p Point) bool { return p.Median <= 0 })
}

// leastBefore is how many runs of a level tell what one more may be.
const leastBefore = 3

// alone judges one more run after those of a level: nil where it lies within what chance gives a single run (the 99 %
// prediction interval of Student's t), or differs by no more than delta.
func alone(level []float64, last, delta float64, better record.Better) *Alone {
	n := float64(len(level))
	mean, spread := 0.0, 0.0
	for _, v := range level {
		mean += v / n
	}
	for _, v := range level {
		spread += (v - mean) * (v - mean)
	}
	reach := rounds.Quantile(0.995, n-1) * math.Sqrt(spread/(n-1)*(1+1/n))
	if off := math.Abs(last - mean); off <= math.Log1p(delta) || off <= reach {
		return nil
	}
	ratio := math.Exp(last - median.Of(level))
	return &Alone{Ratio: ratio, Verdict: verdict(ratio, better)}
}

// verdict names a ratio to the level before: faster or slower, or higher or lower where no direction is declared.
func verdict(ratio float64, better record.Better) compare.Verdict {
	switch {
	case better == "" && ratio > 1:
		return compare.HigherValue
	case better == "":
		return compare.LowerValue
	case (ratio > 1) == (better == record.Higher):
		return compare.Faster
	}
	return compare.Slower
}
