// Package history follows one benchmark over runs: its median in each, and where its level changed.
package history

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/xcmatrix/xcmatrix/results/compare/ranktest"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
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

	medians []float64 // of the rounds, ascending
}

// Change is a change of level.
type Change struct {
	Ratio  float64       `json:"ratio"` // of the level after it to the one before
	P      float64       `json:"p"`     // corrected for the number of places where it could have been
	Better record.Better `json:"-"`
	Faster bool          `json:"faster"`
}

// Trend is a benchmark's points in order of time.
type Trend struct {
	Target    string        `json:"target"`
	Benchmark string        `json:"benchmark"`
	Unit      string        `json:"unit"`
	Better    record.Better `json:"better"`
	Points    []Point       `json:"points"`
}

// Options are the rules for changes.
type Options struct {
	Delta float64 // a change of level up to this share does not count
	Alpha float64 // nor one that chance explains this often
}

// Default rules: as many runs are looked at as there are, so chance is given little room.
var Default = Options{Delta: 0.05, Alpha: 0.01}

// Of puts the trends together of all benchmarks on a target whose name matches. Emulated samples are left out.
func Of(runs []*store.Run, target string, matches func(name string) bool, o Options) []Trend {
	runs = slices.SortedStableFunc(slices.Values(runs), func(a, b *store.Run) int {
		return cmp.Or(a.Manifest.Created.Compare(b.Manifest.Created), cmp.Compare(a.Manifest.Run, b.Manifest.Run))
	})
	index := map[series.Benchmark]int{}
	var trends []Trend
	for _, run := range runs {
		for _, row := range series.OfRun(run, target).Rows {
			name := row.Benchmark
			name.On = ""
			if !matches(name.Name) || len(row.Cells) == 0 {
				continue
			}
			i, ok := index[name]
			if !ok {
				i = len(trends)
				index[name] = i
				trends = append(trends, Trend{Target: target, Benchmark: name.Name, Unit: name.Unit, Better: row.Better})
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
	p := Point{Run: run.Manifest.Run, Commit: run.Manifest.Commit, Time: run.Manifest.Created, Median: c.Rounds.Median(),
		Rounds: len(c.Rounds), medians: c.Rounds.Medians()}
	p.Low, p.High = p.medians[0], p.medians[len(p.medians)-1]
	return p
}

// mark finds the changes: the place where the rounds before and after differ most clearly, then within either side
// again (binary segmentation, Scott and Knott 1974). The test is of ranks, so that one wild round does not make a
// change; its p-value is corrected for the number of places looked at.
func (t *Trend) mark(o Options) {
	var tester ranktest.Tester
	var split func(from, to int)
	split = func(from, to int) {
		best, bestP := 0, math.Inf(1)
		for at := from + 1; at < to; at++ {
			p, err := tester.P(medians(t.Points[from:at]), medians(t.Points[at:to]))
			if err == nil && p < bestP {
				best, bestP = at, p
			}
		}
		if best == 0 {
			return
		}
		ratio := middle(medians(t.Points[best:to])) / middle(medians(t.Points[from:best]))
		p := min(1, bestP*float64(to-from-1))
		if p > o.Alpha || math.Abs(ratio-1) <= o.Delta {
			return
		}
		t.Points[best].Changed = &Change{Ratio: ratio, P: p, Better: t.Better, Faster: (ratio > 1) == (t.Better == record.Higher)}
		split(from, best)
		split(best, to)
	}
	split(0, len(t.Points))
}

// medians are the round medians of points, ascending.
func medians(points []Point) []float64 {
	var all []float64
	for _, p := range points {
		all = append(all, p.medians...)
	}
	slices.Sort(all)
	return all
}

func middle(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
