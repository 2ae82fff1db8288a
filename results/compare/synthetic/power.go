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

// Trial is one line of a power table: tables of so many rows, of machines of which the truth is known.
type Trial struct {
	*Structure
	Rounds int
	Rows   int
}

// Changes are those that are put in: the other side takes so much longer.
var Changes = [...]float64{0.10, 0.20}

// Outcome is what came of a trial.
type Outcome struct {
	Trial
	False      Share // of rows that are alike, verdicts of difference: all false
	Holds      Share // of these rows and of changed ones, intervals that hold the truth, or that are said not to
	Depends    Share // of rows that are alike, those that say that their rounds depend on one another and have no verdict
	Heap       Share // of rows that are alike, those that the rank test finds in all samples of all rounds in one heap
	Detectable Share // of changes as great as the table calls detectable, those found
	Typical    float64
	Changed    [len(Changes)]struct{ Found, Welch Share } // of changes of this size, one in a table
}

// Share is k of n.
type Share struct{ K, N int }

// Add counts one more.
func (s *Share) Add(counts bool) {
	s.N++
	if counts {
		s.K++
	}
}

// Of is the share, NaN of nothing.
func (s Share) Of() float64 { return float64(s.K) / float64(s.N) }

// leastTables is how many tables a trial has at least.
const leastTables = 20

// Rows are how many rows the tables of the power table have.
var Rows = []int{1, 20, 1000}

// Trials are the lines of a power table.
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

// Run compares so many rows and more, by the rules. Each table of rows that are alike is compared as it is. Then all of
// its rows are measured anew with a change, and each is judged as if it alone took the place of what it was; so they are
// with what the table had called detectable in each row.
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
			o.alike(&before.Rows[i], set.Rows[i].Cells, &heap)
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

// alone reports whether a row that takes the place of one in a table, all others staying as they are, is found slower.
// Whether its rounds depend is judged among rows measured anew, which are as many and of the same structure.
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

// alike counts a row that is alike, and what a test says of its samples in one heap.
func (o *Outcome) alike(r *compare.Row, cells []series.Cell, heap *ranktest.Tester) {
	o.False.Add(r.Verdict.Difference())
	o.Holds.Add(holds(r, 1))
	o.Depends.Add(depends(r))
	p, err := heap.P(rounds.Pool(cells[0].Rounds)[0], rounds.Pool(cells[1].Rounds)[0])
	o.Heap.Add(err == nil && p <= 0.05)
}

// holds reports whether a row's interval holds the truth, or the row says that it may not.
func holds(r *compare.Row, truth float64) bool {
	const rounding = 1e-9
	return float64(r.Low) <= truth*(1+rounding) && float64(r.High) >= truth*(1-rounding) || depends(r)
}

// depends reports whether a row says that its rounds depend on one another and so has no verdict.
func depends(r *compare.Row) bool { return r.Verdict == compare.TooFew && r.MDE.Known() }

// set is a table's data. In each row the other side takes longer by the row's change.
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
