package synthetic

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/ranktest"
	"github.com/xcmatrix/xcmatrix/results/compare/rounds"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Trial is one line of a power table: tables with a number of rows, of machines whose true speeds are known.
type Trial struct {
	*Structure
	Rounds int
	Rows   int
}

// Changes are the relative changes of the tables: the other side takes this much longer.
var Changes = [...]float64{0.10, 0.20}

// Outcome is the result of a trial.
type Outcome struct {
	Trial
	False      Share // of rows without a change: verdicts of difference, all false
	Holds      Share // of all rows: intervals that contain the true ratio, or whose row has a warning
	Depends    Share // of rows without a change: those without a verdict because rounds depend on one another
	Heap       Share // of rows without a change: those that the rank test finds if rounds are ignored
	Detectable Share // of changes of the size that the table calls detectable: those found
	Typical    float64
	Changed    [len(Changes)]struct{ Found, Welch Share } // of changes of this size, one in a table
}

// Share is K of N.
type Share struct{ K, N int }

// Add counts one more.
func (s *Share) Add(counts bool) {
	s.N++
	if counts {
		s.K++
	}
}

// Of returns the share as a number; NaN for 0 of 0.
func (s Share) Of() float64 { return float64(s.K) / float64(s.N) }

// leastTables is the smallest number of tables of a trial.
const leastTables = 20

// Rows are the numbers of rows of the power table's tables.
var Rows = []int{1, 20, 1000}

// Trials returns the lines of a power table with these numbers of rows.
func Trials(of []int) []Trial {
	var trials []Trial
	for _, s := range Structures() {
		for _, n := range []int{5, 10} {
			for _, rows := range of {
				trials = append(trials, Trial{&s, n, rows})
			}
		}
	}
	return trials
}

// Run compares at least this many rows by the rules. It compares each table of rows without a change; then it measures
// each row again with a change and judges it as if it alone replaced the old row; and again with the change that the
// table called detectable for the row. It returns an error if ctx ends.
func (t Trial) Run(ctx context.Context, comparisons int, rules compare.Options, seed uint64) (Outcome, error) {
	rules.Control, rules.Workers = 0, 1
	random := rand.New(rand.NewPCG(seed, 0))
	o := Outcome{Trial: t}
	var typical []float64
	var heap ranktest.Tester
	for range max(leastTables, (comparisons+t.Rows-1)/t.Rows) {
		if err := ctx.Err(); err != nil {
			return o, err
		}
		set := t.set(random, func(int) float64 { return 0 })
		before, err := compare.Compare(set, rules)
		if err != nil {
			return o, err
		}
		for i := range before.Rows {
			o.unchanged(&before.Rows[i], set.Rows[i].Cells, &heap)
		}
		for i, change := range Changes {
			set := t.set(random, func(int) float64 { return change })
			after, err := compare.Compare(set, rules)
			if err != nil {
				return o, err
			}
			for at := range after.Rows {
				o.Changed[i].Found.Add(alone(before, &after.Rows[at], rules))
				o.Changed[i].Welch.Add(welch(set.Rows[at].Cells, rules, t.Rows))
				o.Holds.Add(holds(&after.Rows[at], 1+change))
			}
		}
		detectable := func(at int) float64 {
			if row := &before.Rows[at]; row.MDE.Known() {
				return float64(row.MDE)
			}
			return 0
		}
		after, err := compare.Compare(t.set(random, detectable), rules)
		if err != nil {
			return o, err
		}
		for at := range after.Rows {
			if change := detectable(at); change > 0 {
				o.Detectable.Add(alone(before, &after.Rows[at], rules))
				typical = append(typical, change)
			}
		}
	}
	slices.Sort(typical)
	if len(typical) > 0 {
		o.Typical = typical[len(typical)/2]
	}
	return o, nil
}

// alone reports whether a row is found slower if it replaces one in a table and all others stay. Whether its rounds
// depend on one another is judged among rows measured again, which have the same number and structure.
func alone(table *compare.Table, r *compare.Row, rules compare.Options) bool {
	found := 0
	for i := range table.Rows {
		if float64(table.Rows[i].Q) <= rules.Discovery {
			found++
		}
	}
	limit := rules.Discovery * float64(found+1) / float64(len(table.Rows))
	return float64(r.P) <= min(limit, rules.Discovery) && float64(r.Low) > 1+rules.Delta
}

// unchanged counts a row without a change, and the result of a test of all its samples without rounds.
func (o *Outcome) unchanged(r *compare.Row, cells []series.Cell, heap *ranktest.Tester) {
	o.False.Add(r.Verdict.Difference())
	o.Holds.Add(holds(r, 1))
	o.Depends.Add(depends(r))
	p, err := heap.P(rounds.Pool(cells[0].Rounds)[0], rounds.Pool(cells[1].Rounds)[0])
	o.Heap.Add(err == nil && p <= 0.05)
}

// holds reports whether a row's interval contains the true ratio, or the row has a warning.
func holds(r *compare.Row, truth float64) bool {
	const rounding = 1e-9
	return float64(r.Low) <= truth*(1+rounding) && float64(r.High) >= truth*(1-rounding) || depends(r)
}

// depends reports whether a row has no verdict because its rounds depend on one another.
func depends(r *compare.Row) bool { return r.Verdict == compare.TooFew && r.MDE.Known() }

// set returns a table's data. In each row the other side takes longer by the row's change.
func (t Trial) set(random *rand.Rand, change func(row int) float64) *series.Set {
	others := t.Rounds
	if t.Longer > 0 {
		others = t.Longer
	}
	set := &series.Set{By: series.File, Columns: []series.Column{{Label: "reference"}, {Label: "other"}}}
	for i := range t.Rows {
		set.Rows = append(set.Rows, series.Row{Benchmark: series.Benchmark{Name: fmt.Sprintf("Work/%d", i), Unit: "sec/op"},
			Better: record.Lower, Cells: []series.Cell{{Column: 0, Rounds: t.Structure.Rounds(random, 1, t.Rounds)},
				{Column: 1, Rounds: t.Structure.Rounds(random, 1+change(i), others)}}})
	}
	return set
}
