package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/compare/rounds"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// single2 makes a set of single rounds: a row has a unit and the values of two columns.
func single2(rows ...singleRow) *series.Set {
	set := &series.Set{By: series.File, Columns: []series.Column{{Label: "a"}, {Label: "b"}}}
	for i, r := range rows {
		row := series.Row{Benchmark: series.Benchmark{Name: r.name, Unit: r.unit}, Better: r.better}
		if row.Name == "" {
			row.Name = fmt.Sprint("B", i)
		}
		for column, values := range [][]float64{r.a, r.b} {
			row.Cells = append(row.Cells, series.Cell{Column: column, Rounds: rounds.Rounds{slices.Sorted(slices.Values(values))}})
		}
		set.Rows = append(set.Rows, row)
	}
	return set
}

type singleRow struct {
	name, unit string
	better     record.Better
	a, b       []float64
}

// Rows that do not scatter, rates beside their times and other units do not hide a change of nine times.
func TestFamilyIsOfAUnit(t *testing.T) {
	a, b := []float64{101, 102, 103, 104}, []float64{901, 902, 903, 904}
	inverse := func(v []float64) (w []float64) {
		for _, x := range v {
			w = append(w, 1/x)
		}
		return w
	}
	constant := []float64{8, 8, 8, 8}
	rows := compared(t, single2(singleRow{"X", "sec/op", record.Lower, a, b}, singleRow{"X", "cpu-sec/op", record.Lower, a, b},
		singleRow{"X", "B/s", record.Higher, inverse(a), inverse(b)}, singleRow{"X", "B/op", record.Lower, constant, constant},
		singleRow{"X", "allocs/op", record.Lower, constant, constant})).Rows
	for i, want := range []Verdict{Slower, Slower, Slower, NoDifference, NoDifference} {
		if rows[i].Verdict != want {
			t.Errorf("%s: %s with q %.3f, want %s", rows[i].Unit, rows[i].Verdict, rows[i].Q, want)
		}
	}
	if rows[2].Q != rows[0].Q {
		t.Errorf("a rate has q %v, its time %v", rows[2].Q, rows[0].Q)
	}
}

// What could not be found, whatever its values, is not said to show no difference; how many samples it takes is.
func TestTooFewSamples(t *testing.T) {
	var list []singleRow
	for i := range 20 {
		v := float64(i)
		list = append(list, singleRow{"", "sec/op", record.Lower, []float64{101 + v, 103, 105, 107 + v}, []float64{100 + v, 102, 104, 108 + v}})
	}
	list[7].b = []float64{901, 902, 903, 904}
	for i, r := range compared(t, single2(list...)).Rows {
		if r.Verdict != TooFew || r.Why == nil || !strings.Contains(r.Why.En, "take at least 6 samples") || r.Why.Zh == "" || r.MDE.Known() {
			t.Fatalf("row %d: %s, %v, detectable %v", i, r.Verdict, r.Why, r.MDE)
		}
	}
	for i := range list { // with as many as it says the one is found
		for n := range 2 {
			list[i].a, list[i].b = append(list[i].a, 102+float64(n)), append(list[i].b, 103+float64(n))
		}
	}
	list[7].b = []float64{901, 902, 903, 904, 905, 906}
	rows := compared(t, single2(list...)).Rows
	if rows[7].Verdict != Slower || rows[6].Verdict == TooFew {
		t.Errorf("with six samples: %s, and %s of another", rows[7].Verdict, rows[6].Verdict)
	}
}

// A rank test of data with rounds would look at one of them only, or at all as if they were of one.
func TestRankTestIsOfSingleRounds(t *testing.T) {
	set := lab{rounds: 5, samples: 5, benchmarks: 2, within: 0.01}.set(series.Chip, 1, 2)
	for _, r := range compared(t, set, func(o *Options) { o.Test = Rank }).Rows {
		if r.Verdict != NotCompared || !strings.Contains(r.Why.En, "5 rounds") || r.Ratio.Known() {
			t.Errorf("%s, %v, ratio %v", r.Verdict, r.Why, r.Ratio)
		}
	}
}

// Something out of nothing is a change, although it has no ratio; a zero among other values is one of them.
func TestZeros(t *testing.T) {
	five := func(values ...float64) (r rounds.Rounds) {
		for _, v := range values {
			r = append(r, []float64{v, v, v})
		}
		return r
	}
	for _, c := range []struct {
		name   string
		better record.Better
		a, b   rounds.Rounds
		want   Verdict
		ratio  float64 // NaN for none
	}{
		{"0 to n", record.Lower, five(0, 0, 0, 0, 0), five(2, 3, 2, 4, 2), Slower, math.NaN()},
		{"0 to n in an undeclared unit", "", five(0, 0, 0, 0, 0), five(2, 3, 2, 4, 2), HigherValue, math.NaN()},
		{"n to 0", record.Lower, five(2, 3, 2, 4, 2), five(0, 0, 0, 0, 0), Faster, 0},
		{"0 to the same n", record.Lower, five(0, 0, 0, 0, 0), five(2, 2, 2, 2, 2), Slower, math.NaN()},
		{"one zero", record.Lower, five(10, 10, 0, 10, 11), five(20, 20, 21, 20, 20), Slower, 2},
		{"mostly zero in both", record.Lower, five(0, 0, 1, 0, 0), five(0, 1, 0, 0, 0), TooNoisy, math.NaN()},
	} {
		set := &series.Set{Columns: []series.Column{{Label: "a"}, {Label: "b"}}, Rows: []series.Row{{Better: c.better,
			Benchmark: series.Benchmark{Name: "X", Unit: "allocs/op"}, Cells: []series.Cell{{Column: 0, Rounds: c.a}, {Column: 1, Rounds: c.b}}}}}
		r := compared(t, set, func(o *Options) { o.Control = 10 }).Rows[0]
		if r.Verdict != c.want || r.Ratio.Known() == math.IsNaN(c.ratio) || r.Ratio.Known() && math.Abs(float64(r.Ratio)-c.ratio) > 0.01 {
			t.Errorf("%s: %s, ratio %v, p %v, want %s, %v", c.name, r.Verdict, r.Ratio, r.P, c.want, c.ratio)
		}
	}
}

// Nobody told whether more hits or a lower 99th percentile are better.
func TestUnknownMetric(t *testing.T) {
	dir := filepath.Join("testdata", "unknown-metric")
	set, problems := series.Read([]series.Input{{Path: filepath.Join(dir, "a.txt")}, {Path: filepath.Join(dir, "b.txt")}}, series.File, 1)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := map[string]Verdict{"sec/op": Slower, "req/s": LowerValue, "hits/op": LowerValue, "p99-sec": HigherValue, "widgets": LowerValue}
	for _, r := range compared(t, set).Rows {
		if r.Verdict != want[r.Unit] {
			t.Errorf("%s: %s, want %q", r.Unit, r.Verdict, want[r.Unit])
		}
		delete(want, r.Unit)
	}
	if len(want) > 0 {
		t.Errorf("no rows in %v", want)
	}
}

// Verdicts do not change with the order of the files, nor with whether times or speeds are compared.
func TestVerdictsAreSymmetric(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	turned := map[Verdict]Verdict{Faster: Slower, Slower: Faster}
	for _, count := range []int{1, 5} {
		for range 300 {
			change := 1 + 0.3*r.Float64()
			times := lab{rounds: count, samples: 12, benchmarks: 1, drift: 0.02, within: 0.03}
			set := &series.Set{Columns: []series.Column{{Label: "a"}, {Label: "b"}}}
			row := series.Row{Benchmark: series.Benchmark{Name: "X", Unit: "sec/op"}, Better: record.Lower}
			swapped, speeds := row, row
			speeds.Unit, speeds.Better = "B/s", record.Higher
			var cells [2]rounds.Rounds
			for k := range cells {
				level := []float64{1, change}[k]
				for range times.rounds {
					base := level * math.Exp(times.drift*r.NormFloat64())
					one := make([]float64, times.samples)
					for i := range one {
						one[i] = math.Round(1000*base*math.Exp(times.within*r.NormFloat64())) / 1000
					}
					slices.Sort(one)
					cells[k] = append(cells[k], one)
				}
			}
			inverse := func(x rounds.Rounds) (y rounds.Rounds) {
				for _, samples := range x {
					var one []float64
					for i := range samples {
						one = append(one, 1/samples[len(samples)-1-i])
					}
					y = append(y, one)
				}
				return y
			}
			for k := range cells {
				row.Cells = append(row.Cells, series.Cell{Column: k, Rounds: cells[k]})
				swapped.Cells = append(swapped.Cells, series.Cell{Column: k, Rounds: cells[1-k]})
				speeds.Cells = append(speeds.Cells, series.Cell{Column: k, Rounds: inverse(cells[k])})
			}
			verdict := func(row series.Row) Verdict {
				set.Rows = []series.Row{row}
				return compared(t, set).Rows[0].Verdict
			}
			want := verdict(row)
			if got := verdict(speeds); got != want {
				t.Errorf("%d rounds: as speeds %s, as times %s", count, got, want)
			}
			back := want
			if want.Difference() {
				back = turned[want]
			}
			if got := verdict(swapped); got != back {
				t.Errorf("%d rounds: swapped %s, want %s", count, got, back)
			}
		}
	}
}

// Rules that make no sense are refused, by the flag that sets them; 0 is 0.
func TestRulesAreChecked(t *testing.T) {
	set := lab{rounds: 5, samples: 5, benchmarks: 1, within: 0.001}.set(series.Chip, 1, 1.23)
	for _, c := range []struct {
		flag   string
		change func(*Options)
	}{
		{"--delta", func(o *Options) { o.Delta = math.NaN() }}, {"--delta", func(o *Options) { o.Delta = -0.1 }},
		{"--fdr", func(o *Options) { o.Discovery = 0 }}, {"--fdr", func(o *Options) { o.Discovery = 2 }},
		{"--min-rounds", func(o *Options) { o.Rounds = 0 }}, {"--min-rounds", func(o *Options) { o.Rounds = -1 }},
		{"--resamples", func(o *Options) { o.Control = -5 }}, {"--resamples", func(o *Options) { o.Control = math.MaxInt }},
	} {
		o := Defaults
		c.change(&o)
		if _, err := Compare(set, o); err == nil || !strings.Contains(err.Error(), c.flag) {
			t.Errorf("%+v: %v does not name %s", o, err, c.flag)
		}
	}
	zero := compared(t, set, func(o *Options) { o.Delta = 0 })
	if zero.Settings.Delta != 0 || zero.Control.Comparisons != 0 || zero.Rows[0].Verdict != Slower {
		t.Errorf("%+v, %+v", zero.Settings, zero.Control)
	}
}

// An end of an interval that is 1 but for a rounding is 1.
func TestIntervalsAtTies(t *testing.T) {
	third := 1.0 / 3
	a := []float64{third * 3 * 0.1, 0.1, 0.1, 0.1, 0.1, 0.2}
	b := []float64{0.1 * (1 + 1e-15), 0.1 * (1 + 2e-16), 0.1 * (1 + 1e-15), 0.1 * (1 + 1e-15), 0.1 * (1 + 1e-15), 0.2 * (1 + 1e-15)}
	r := compared(t, single2(singleRow{"", "sec/op", record.Lower, a, b}), func(o *Options) { o.Delta = 0 }).Rows[0]
	if r.Low > 1 || r.High < 1 || r.Verdict.Difference() {
		t.Errorf("%v to %v: %s", r.Low, r.High, r.Verdict)
	}
}

// The control judges a dealt row by what it would take in this table, and can fail: with no threshold and one row, about
// one in twenty is a difference, and the more rows there are the fewer.
func TestControlHasTheTablesFamily(t *testing.T) {
	rate := func(benchmarks int) (differences, comparisons int) {
		for seed := range uint64(20) {
			set := lab{rounds: 6, samples: 5, benchmarks: benchmarks, drift: 0.05, within: 0.01}.seeded(seed, series.Chip, 1, 1)
			c := compared(t, set, func(o *Options) { o.Delta, o.Control, o.Seed = 0, 200, seed }).Control
			differences, comparisons = differences+c.Differences, comparisons+c.Comparisons
		}
		return differences, comparisons
	}
	one, of := rate(1)
	if share := float64(one) / float64(of); of != 4000 || share < 0.02 || share > 0.08 {
		t.Errorf("of one row %d of %d deals are differences", one, of)
	}
	if many, of := rate(40); many > of/100 {
		t.Errorf("of forty rows %d of %d deals are differences", many, of)
	}
}

// A difference needs the whole interval beyond the threshold, and a rate of false discoveries that is low enough.
func TestVerdictOfARow(t *testing.T) {
	c := comparison{options: Options{Delta: 0.05, Discovery: 0.05, Noisy: 0.2}}
	for _, row := range []struct {
		r    Row
		want Verdict
	}{
		{Row{Ratio: 1.08, Low: 1.06, High: 1.10, Q: 0.01}, HigherValue},
		{Row{Ratio: 1.08, Low: 1.04, High: 1.12, Q: 0.01}, NoDifference},
		{Row{Ratio: 1.08, Low: 1.06, High: 1.10, Q: 0.06}, NoDifference},
		{Row{Ratio: 0.92, Low: 0.90, High: 0.94, Q: 0.01}, LowerValue},
		{Row{Ratio: 0.96, Low: 0.955, High: 0.97, Q: 0.01}, NoDifference},
		{Row{Ratio: 1.08, Low: 0.9, High: 1.2, Q: 0.01}, TooNoisy},
	} {
		if got := c.verdict(&row.r); got != row.want {
			t.Errorf("%+v: %s, want %s", row.r, got, row.want)
		}
	}
}
