package synthetic

import (
	"fmt"
	"math/rand/v2"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/rounds"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Trial is one line of a power table: how often the rules find a change of which the truth is known.
type Trial struct {
	Noise
	Rounds, Samples int
	Change          float64 // share by which the changed benchmarks are slower
}

// Outcome is what came of a trial.
type Outcome struct {
	Trial
	Changed   int // benchmarks that were changed
	Found     int // of these
	Unchanged int
	False     int // of those
	Pooled    int // of those, found by the rank test on all samples of all rounds in one heap
	Missed    int // intervals that do not hold the true ratio
}

// machines are the names of the two sides of a trial.
var machines = [2]string{"reference", "other"}

// Run compares two machines by so many benchmarks, of which a fifth are changed, by the rules.
func (t Trial) Run(benchmarks int, rules compare.Options, seed uint64) (Outcome, error) {
	random := rand.New(rand.NewPCG(seed, 0))
	set := &series.Set{By: series.File, Columns: []series.Column{{Label: machines[0]}, {Label: machines[1]}}}
	pooled := &series.Set{By: series.File, Columns: set.Columns}
	truth := map[string]float64{}
	for b := range benchmarks {
		name, ratio := fmt.Sprintf("Work/%d", b), 1.0
		if b%5 == 0 {
			ratio = 1 + t.Change
		}
		truth[name] = ratio
		row := series.Row{Benchmark: series.Benchmark{Name: name, Unit: "sec/op"}, Better: record.Lower}
		heap := row
		for column, level := range []float64{1, ratio} {
			measured := t.Noise.Rounds(random, level, t.Rounds, t.Samples)
			row.Cells = append(row.Cells, series.Cell{Column: column, Rounds: measured})
			heap.Cells = append(heap.Cells, series.Cell{Column: column, Rounds: rounds.Pool(measured)})
		}
		set.Rows, pooled.Rows = append(set.Rows, row), append(pooled.Rows, heap)
	}
	rules.Control = 0
	table, err := compare.Compare(set, rules)
	if err != nil {
		return Outcome{}, err
	}
	rules.Test = compare.Rank
	all, err := compare.Compare(pooled, rules)
	if err != nil {
		return Outcome{}, err
	}
	return t.count(table, all, truth), nil
}

func (t Trial) count(table, pooled *compare.Table, truth map[string]float64) Outcome {
	o := Outcome{Trial: t}
	for i := range table.Rows {
		r := &table.Rows[i]
		ratio := truth[r.Benchmark]
		differs := r.Verdict == compare.Faster || r.Verdict == compare.Slower
		if float64(r.Low) > ratio || float64(r.High) < ratio {
			o.Missed++
		}
		if ratio != 1 {
			o.Changed++
			if r.Verdict == compare.Slower {
				o.Found++
			}
			continue
		}
		o.Unchanged++
		if differs {
			o.False++
		}
		if pooled.Rows[i].P <= 0.05 {
			o.Pooled++
		}
	}
	return o
}

// Table is the power table that the document on measuring shows.
func Table() []Trial {
	var trials []Trial
	for _, n := range []struct{ drift, within float64 }{{0, 0.02}, {0.02, 0.02}, {0.02, 0.10}, {0.05, 0.05}} {
		for _, rounds := range []int{5, 10} {
			for _, change := range []float64{0.10, 0.20} {
				trials = append(trials, Trial{Noise{Drift: n.drift, Within: n.within, Spikes: 0.01}, rounds, 20, change})
			}
		}
	}
	return trials
}
