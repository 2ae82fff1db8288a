// Package history follows one benchmark over many runs: its median in each, and the runs at which its level changed.
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
	Low     float64   `json:"low"`    // smallest round median
	High    float64   `json:"high"`   // largest round median
	Rounds  int       `json:"rounds"`
	Changed *Change   `json:"changed,omitempty"` // nil if the level does not change at this run

}

// Change is a change of level.
type Change struct {
	Ratio  float64 `json:"ratio"` // of the level after to the level before; 0 if a value of 0 allows none
	P      float64 `json:"p"`     // p-value, corrected for the number of places
	Faster bool    `json:"faster"`

	Verdict compare.Verdict `json:"verdict"` // faster, slower, higher or lower
}

// Alone is a last run that lies apart from the level before it. One run does not make a level.
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
	Delta float64 // largest change of level that does not count, as a share
	Alpha float64 // largest p-value of a change that counts
}

// Default has the default rules. Alpha is small, because every run is a place where a change may be found.
var Default = Options{Delta: 0.05, Alpha: 0.005}

// Of returns the trends of all benchmarks on a target whose names match. Emulated samples are left out.
func Of(runs []*store.Run, target string, matches func(name string) bool, o Options) []Trend {
	return OfMachine(runs, target, func(*store.Run) string { return target }, matches, o)
}

// OfMachine does what Of does for a machine that has different names in the runs: in returns the target's name in a run,
// "" if the run does not have it.
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

// point returns the point of one benchmark in a run.
func point(run *store.Run, c series.Cell) Point {
	medians := c.Rounds.Medians()
	return Point{Run: run.Manifest.Run, Commit: run.Manifest.Commit, Time: run.Manifest.Created, Median: c.Rounds.Median(),
		Rounds: len(c.Rounds), Low: medians[0], High: medians[len(medians)-1]}
}

// mark finds the changes of level. A run counts as one value, the median of its rounds, because rounds of one run share
// the state of the machine. It sets Alone for a last run that lies apart.
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

// logarithms returns the logarithms of the points' medians. A median of 0 counts as half of the smallest other value, so
// that a change from 0 is found; it has no ratio.
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

// leastBefore is the number of runs that a level needs before alone can judge one more run.
const leastBefore = 3

// alone judges one run after the runs of a level. It returns nil if the run lies within the 99 % prediction interval of
// Student's t, or differs by no more than delta.
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

// verdict returns the word for a ratio to the level before: faster or slower, or higher or lower if the direction is not
// declared.
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
