package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/compare/rounds"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// lab makes a set with one column for each level, of benchmarks with that level times their own.
type lab struct {
	rounds, samples, benchmarks int
	drift, within               float64
}

func (l lab) set(by series.By, levels ...float64) *series.Set { return l.seeded(1, by, levels...) }

func (l lab) seeded(seed uint64, by series.By, levels ...float64) *series.Set {
	random := rand.New(rand.NewPCG(seed, 2))
	set := &series.Set{By: by}
	for i := range levels {
		set.Columns = append(set.Columns, series.Column{Label: fmt.Sprintf("m%d", i), Provenance: record.Native,
			Payloads: []series.Payload{{BuildKey: "linux/arm64", Digest: "sha256:1"}}})
	}
	for b := range l.benchmarks {
		row := series.Row{Benchmark: series.Benchmark{Name: fmt.Sprintf("B%d", b), Unit: "sec/op"}, Better: record.Lower}
		for column, level := range levels {
			var measured rounds.Rounds
			for range l.rounds {
				base := level * float64(b+1) * math.Exp(l.drift*random.NormFloat64())
				one := make(rounds.Rounds, 1)
				for range l.samples {
					one[0] = append(one[0], base*math.Exp(l.within*random.NormFloat64()))
				}
				measured = append(measured, rounds.Pool(one)[0])
			}
			row.Cells = append(row.Cells, series.Cell{Column: column, Rounds: measured, File: "f"})
		}
		set.Rows = append(set.Rows, row)
	}
	return set
}

// compared compares by the usual rules but for what a test changes, and without a control if it does not ask for one.
func compared(t *testing.T, set *series.Set, change ...func(*Options)) *Table {
	t.Helper()
	o := Defaults
	o.Control = 0
	for _, f := range change {
		f(&o)
	}
	table, err := Compare(set, o)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestVerdicts(t *testing.T) {
	calm := lab{rounds: 10, samples: 20, benchmarks: 10, drift: 0.01, within: 0.02}
	wild := calm
	wild.drift = 0.4
	single := calm
	single.rounds, single.drift = 1, 0
	for _, c := range []struct {
		name   string
		lab    lab
		ratio  float64
		higher bool
		test   Test
		want   Verdict
	}{
		{"slower", calm, 1.2, false, Auto, Slower},
		{"faster", calm, 0.8, false, Auto, Faster},
		{"more where more is better", calm, 1.2, true, Auto, Faster},
		{"less where more is better", calm, 0.8, true, Auto, Slower},
		{"the same", calm, 1, false, Auto, NoDifference},
		{"under the threshold", calm, 1.02, false, Auto, NoDifference},
		{"noise", wild, 1.1, false, Auto, TooNoisy},
		{"one round each", single, 1.2, false, Auto, Slower},
		{"one round each, the same", single, 1, false, Auto, NoDifference},
		{"one round where rounds are asked for", single, 1.2, false, Rounds, NotCompared},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := c.lab.set(series.Chip, 1, c.ratio)
			for i := range set.Rows {
				if c.higher {
					set.Rows[i].Better = record.Higher
				}
			}
			for _, r := range compared(t, set, func(o *Options) { o.Test = c.test }).Rows {
				if r.Verdict != c.want {
					t.Errorf("%s: %s, want %s: ratio %.3f (%.3f to %.3f), q %.3f", r.Benchmark, r.Verdict, c.want, r.Ratio, r.Low, r.High, r.Q)
				}
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	l := lab{rounds: 5, samples: 5, benchmarks: 2, within: 0.01}
	digest := func(set *series.Set, column int, payloads ...series.Payload) {
		set.Columns[column].Payloads = payloads
	}
	other := series.Payload{BuildKey: "linux/arm64", Digest: "sha256:2"}
	for _, c := range []struct {
		name   string
		by     series.By
		change func(*series.Set)
		mixed  bool
		want   string // "" if it is compared
	}{
		{"emulated", series.Chip, func(s *series.Set) { s.Columns[1].Provenance = record.Emulated }, true, "emulated"},
		{"emulated reference", series.Chip, func(s *series.Set) { s.Columns[0].Provenance = record.Emulated }, false, "emulated"},
		{"virtual machine", series.Chip, func(s *series.Set) { s.Columns[1].Provenance = record.VM }, false, "virtual machine"},
		{"too few rounds", series.Chip, func(s *series.Set) {
			for i := range s.Rows {
				s.Rows[i].Cells[1].Rounds = s.Rows[i].Cells[1].Rounds[:4]
			}
		}, false, "4 rounds of at least 5"},
		{"several payloads in one column", series.Commit, func(s *series.Set) { digest(s, 1, s.Columns[0].Payloads[0], other) }, false, "mixes payloads"},
		{"another payload of one build key", series.Chip, func(s *series.Set) { digest(s, 1, other) }, false, "different payloads"},
		{"another payload, asked for", series.Chip, func(s *series.Set) { digest(s, 1, other) }, true, ""},
		{"another payload, which is what is compared", series.Commit, func(s *series.Set) { digest(s, 1, other) }, false, ""},
		{"another architecture", series.Chip, func(s *series.Set) { digest(s, 1, series.Payload{BuildKey: "linux/amd64", Digest: "sha256:3"}) }, false, ""},
		{"the reference lacks it", series.Chip, func(s *series.Set) {
			for i := range s.Rows {
				s.Rows[i].Cells = s.Rows[i].Cells[1:]
			}
		}, false, "no such benchmark"},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := l.set(c.by, 1, 2)
			c.change(set)
			for _, r := range compared(t, set, func(o *Options) { o.Mixed = c.mixed }).Rows {
				if (r.Verdict == NotCompared) != (c.want != "") {
					t.Errorf("verdict %s", r.Verdict)
				}
				if c.want != "" && (r.Why == nil || !strings.Contains(r.Why.En, c.want) || r.Why.Zh == "" || r.Ratio.Known()) {
					t.Errorf("ratio %v, reason %v, want %q", r.Ratio, r.Why, c.want)
				}
			}
		})
	}
}

func TestConstants(t *testing.T) {
	cell := func(column int, v float64) series.Cell {
		return series.Cell{Column: column, Rounds: rounds.Rounds{{v, v}, {v, v}, {v, v}, {v, v}, {v, v}}}
	}
	for _, c := range []struct {
		a, b float64
		want Verdict
	}{{3, 3, NoDifference}, {3, 4, Slower}, {4, 3, Faster}, {0, 0, NoDifference}, {0, 1, Slower}, {1, 0, Faster}} {
		set := &series.Set{Columns: []series.Column{{Label: "a"}, {Label: "b"}}, Rows: []series.Row{{
			Benchmark: series.Benchmark{Name: "X", Unit: "allocs/op"}, Better: record.Lower, Cells: []series.Cell{cell(0, c.a), cell(1, c.b)}}}}
		if got := compared(t, set).Rows[0].Verdict; got != c.want {
			t.Errorf("%v and %v: %s, want %s", c.a, c.b, got, c.want)
		}
	}
}

func TestMixedUnitsAndSingleSamples(t *testing.T) {
	one := rounds.Rounds{{1}}
	row := func(unit string, column int) series.Row {
		return series.Row{Benchmark: series.Benchmark{Name: "X", Unit: unit}, Better: record.Lower,
			Cells: []series.Cell{{Column: column, Rounds: one, File: "f.txt", Line: 7}}}
	}
	set := &series.Set{Columns: []series.Column{{Label: "a"}, {Label: "b"}}, Rows: []series.Row{row("sec/op", 0), row("ms/op", 1)}}
	var told []string
	for _, p := range compared(t, set).Problems {
		told = append(told, p.In("en"))
	}
	want := []string{"f.txt:7: X is in ms/op here, in sec/op in a: not compared",
		"f.txt:7: 2 series have one sample each, the first of them X (sec/op)"}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	for i := range set.Rows {
		set.Rows[i].Cells[0].Line = 0 // as in a run
	}
	set.Rows[1].Cells = append(set.Rows[0].Cells, set.Rows[1].Cells...)
	set.Rows = set.Rows[1:]
	table := compared(t, set)
	if len(table.Problems) > 0 || !strings.Contains(table.Notes[0].En, "2 series have one sample each") {
		t.Errorf("of a run: problems %v, notes %v", table.Problems, table.Notes)
	}
}

// Equal input gives an equal table, with any number of workers, and equal rows with any seed.
func TestDeterministic(t *testing.T) {
	set := lab{rounds: 5, samples: 10, benchmarks: 20, drift: 0.02, within: 0.05}.set(series.Chip, 1, 1.1, 1)
	by := func(workers int, seed uint64) *Table {
		return compared(t, set, func(o *Options) { o.Workers, o.Control, o.Seed = workers, 50, seed })
	}
	one, many := by(1, 1), by(7, 1)
	if !reflect.DeepEqual(one, many) {
		t.Error("one worker and seven give different tables")
	}
	if other := by(2, 2); !reflect.DeepEqual(one.Rows, other.Rows) {
		t.Error("another seed gives other rows")
	}
}

// Among many comparisons of one machine with itself nearly none may be called a difference, although it drifts.
func TestFalseVerdictsAreRare(t *testing.T) {
	set := lab{rounds: 5, samples: 20, benchmarks: 400, drift: 0.03, within: 0.05}.set(series.Chip, 1, 1)
	table := compared(t, set, func(o *Options) { o.Delta, o.Control = 0, 500 }) // no help from the threshold
	differences, outside := 0, 0
	for _, r := range table.Rows {
		if r.Verdict.Difference() {
			differences++
		}
		if r.Low > 1 || r.High < 1 {
			outside++
		}
	}
	if differences > 20 || outside > 28 || outside == 0 {
		t.Errorf("%d verdicts of difference and %d intervals without 1, of 400", differences, outside)
	}
	if c := table.Control; c.Comparisons != 500 || c.Differences > 25 || c.ExcludesOne == 0 || c.Low > float64(c.Rate) {
		t.Errorf("control %+v", c)
	}
}

func TestGeomean(t *testing.T) {
	table := compared(t, lab{rounds: 10, samples: 20, benchmarks: 30, drift: 0.02, within: 0.02}.set(series.Chip, 1, 1.3, 1))
	if len(table.Geomeans) != 2 {
		t.Fatalf("%+v", table.Geomeans)
	}
	for i, want := range []float64{1.3, 1} {
		g := table.Geomeans[i]
		if float64(g.Low) > want || float64(g.High) < want || g.High-g.Low > 0.1 || g.High <= g.Low || g.Benchmarks != 30 {
			t.Errorf("%+v, want about %v", g, want)
		}
	}
}

func TestDiscover(t *testing.T) {
	// The example of Benjamini and Hochberg 1995, §3.2: at 5 % the first four count.
	p := []float64{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1}
	rows := make([]Row, len(p))
	f := family{rate: 0.05}
	for i := range rows {
		rows[len(p)-1-i].P = Number(p[i])
		f.rows = append(f.rows, int32(i))
	}
	f.setDiscoveryRates(rows)
	found := 0
	for _, r := range rows {
		if r.Q <= 0.05 {
			found++
		}
	}
	if found != 4 || math.Abs(float64(rows[len(p)-1].Q)-0.0015) > 1e-12 {
		t.Errorf("%d found, smallest q %v", found, rows[len(p)-1].Q)
	}
}

func TestReferenceThatIsNotThere(t *testing.T) {
	_, err := Compare(lab{rounds: 1, samples: 4, benchmarks: 1}.set(series.Chip, 1, 1), func() Options { o := Defaults; o.Reference = "m7"; return o }())
	if err == nil || !strings.Contains(err.Error(), "m0, m1") {
		t.Errorf("error %v does not list what there is", err)
	}
}

func TestProportion(t *testing.T) {
	low, high := Proportion(5, 100, 0.95) // Wilson's interval, as tables give it
	if math.Abs(low-0.0215) > 1e-4 || math.Abs(high-0.1118) > 1e-4 {
		t.Errorf("%v to %v", low, high)
	}
}
