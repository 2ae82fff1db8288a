package synthetic

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
)

// The generator's promise to the reader: rounds, benchmarks and samples are what was asked for.
func TestLabReadsBack(t *testing.T) {
	dir := t.TempDir()
	lab := Lab{Machines: 3, Benchmarks: 4, Rounds: 5, Samples: 6, Noise: Noise{Drift: 0.02, Within: 0.02, Spikes: 0.1}, Units: true, Seed: 1}
	values, err := lab.Write(dir)
	if err != nil || values != 3*4*5*6*4 {
		t.Fatalf("%d values, %v", values, err)
	}
	set, problems := series.Read([]series.Input{{Path: dir}}, series.Chip, 2)
	if len(problems) > 0 || len(set.Columns) != 3 || len(set.Rows) != 16 {
		t.Fatalf("%d columns, %d rows, %v", len(set.Columns), len(set.Rows), problems)
	}
	for _, r := range set.Rows {
		for i := range r.Cells {
			if len(r.Cells[i].Rounds) != 5 || r.Cells[i].Samples() != 30 {
				t.Errorf("%s: %d rounds, %d samples", r.Benchmark, len(r.Cells[i].Rounds), r.Cells[i].Samples())
			}
		}
	}
	again := t.TempDir()
	if _, err := lab.Write(again); err != nil {
		t.Fatal(err)
	}
	a, _ := os.ReadFile(filepath.Join(dir, "machine-0002.txt"))
	b, _ := os.ReadFile(filepath.Join(again, "machine-0002.txt"))
	if len(a) == 0 || string(a) != string(b) {
		t.Error("one seed gives two labs")
	}
}

// What the document on measuring promises, in its short form: of each structure few rows. A share of a hundred or two is
// given three standard errors.
func TestPower(t *testing.T) {
	const comparisons = 200
	for i, trial := range Trials([]int{1, 20}) {
		o, err := trial.Run(t.Context(), comparisons, compare.Defaults, uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("%s, %d rounds, %d rows", trial.Name, trial.Rounds, trial.Rows)
		error := func(share float64, n int) float64 { return 3 * math.Sqrt(share*(1-share)/float64(n)) }
		if s := o.False; s.Of() > 0.05+error(0.05, s.N) {
			t.Errorf("%s: %.3f false verdicts", name, s.Of())
		}
		if s := o.Holds; s.Of() < 0.92-error(0.92, s.N) {
			t.Errorf("%s: %.3f of intervals hold the truth", name, s.Of())
		}
		if s := o.Detectable; s.N > 0 && s.Of() < 0.8-error(0.8, s.N) {
			t.Errorf("%s: %.3f of detectable changes are found", name, s.Of())
		}
	}
}

// A heap of all samples, and rules that do not look at rounds, are wrong where rounds drift: the trial shows it.
func TestTrialShowsWhatIsWrong(t *testing.T) {
	trial := Trial{&Structures()[3], 10, 20}
	o, err := trial.Run(t.Context(), 200, compare.Defaults, 1)
	if err != nil {
		t.Fatal(err)
	}
	if o.Heap.Of() < 0.3 || o.Changed[1].Found.Of() < 0.9 || o.Changed[0].Found.Of() > o.Changed[1].Found.Of() || o.False.N < 200 {
		t.Errorf("%+v", o)
	}
}

// A row that is judged as if it took the place of another gets the verdict that the whole table with it in that place
// gives.
func TestAloneIsAsInTheTable(t *testing.T) {
	trial := Trial{&Structures()[1], 10, 60} // independent: no row has a say in whether another's rounds depend
	random := rand.New(rand.NewPCG(3, 4))
	rules := compare.Defaults
	rules.Control = 0
	same := func(int) float64 { return 0 }
	found := 0
	set, changed := trial.set(random, same), trial.set(random, func(row int) float64 { return 0.002 * float64(row) })
	before, err := compare.Compare(set, rules)
	if err != nil {
		t.Fatal(err)
	}
	for at := range set.Rows {
		alike := set.Rows[at]
		set.Rows[at] = changed.Rows[at]
		after, err := compare.Compare(set, rules)
		if err != nil {
			t.Fatal(err)
		}
		set.Rows[at] = alike
		r := &after.Rows[at]
		if got := alone(before, r, rules); got != (r.Verdict == compare.Slower) {
			t.Errorf("row %d: %s, alone %v", at, r.Verdict, got)
		} else if got {
			found++
		}
	}
	if found == 0 || found == len(set.Rows) {
		t.Errorf("%d rows are found", found)
	}
}

// What a table of single rounds calls detectable is found, in tables of one row and of a thousand, and what takes more
// samples has no such change at all. Where half of all ratios are 1, the interval holds 1.
func TestDetectableOfSingleRounds(t *testing.T) {
	rules := compare.Defaults
	rules.Control = 0
	for _, c := range []struct {
		structure string
		samples   int
	}{{"independent, 10 %", 6}, {"independent, 10 %", 10}, {"independent, 2 %", 20}, {"Pareto", 20}, {"two values, 10 % apart", 60}} {
		all := Structures()
		s := all[slices.IndexFunc(all, func(s Structure) bool { return s.Name == c.structure })]
		s.Samples = c.samples
		for _, rows := range []int{1, 20, 200, 1000} {
			trial := Trial{&s, 1, rows}
			random := rand.New(rand.NewPCG(5, 6))
			var found, held Share
			for range (400 + rows - 1) / rows {
				before, err := compare.Compare(trial.set(random, func(int) float64 { return 0 }), rules)
				if err != nil {
					t.Fatal(err)
				}
				none := false
				after, err := compare.Compare(trial.set(random, func(at int) float64 {
					if none = none || !before.Rows[at].MDE.Known(); none {
						return 0
					}
					return float64(before.Rows[at].MDE)
				}), rules)
				if err != nil {
					t.Fatal(err)
				}
				for at := range after.Rows {
					if held.Add(holds(&before.Rows[at], 1)); !none {
						found.Add(alone(before, &after.Rows[at], rules))
					}
				}
			}
			if found.N > 0 && found.Of() < 0.76 || (found.N == 0) != (c.samples == 6 && rows >= 200) || held.Of() < 0.92 {
				t.Errorf("%s, %d samples, %d rows: %.3f of %d detectable changes are found, %.3f of intervals hold the truth",
					c.structure, c.samples, rows, found.Of(), found.N, held.Of())
			}
		}
	}
}
