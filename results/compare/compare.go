// Package compare judges which of several machines, systems or commits is faster, and reports when the data are not
// sufficient to judge. docs/measuring.md has the reasons for its rules and their costs.
package compare

import (
	"cmp"
	"math"
	"runtime"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Test is the method by which two series are compared.
type Test string

const (
	Auto   Test = "auto"   // Rounds if there are several rounds, Rank if each series has one
	Rounds Test = "rounds" // the medians of rounds
	Paired Test = "paired" // pairs of rounds: the i-th rounds of both were measured side by side, on one machine
	Rank   Test = "rank"   // Mann-Whitney on the samples of one round, as benchstat does
)

// Options are the rules of a comparison. Defaults has values for all of them.
type Options struct {
	Reference  string  // label of the column that the others are compared with; the first if ""
	Test       Test    //
	Delta      float64 // largest difference, as a share, that does not count
	Confidence float64 // of intervals
	Discovery  float64 // accepted share of false ones among all differences found
	Noisy      float64 // largest width of an interval, as a share; wider ones are too noisy
	Rounds     int     // least number of rounds of each series
	Samples    int     // least number of samples of each series of a single round
	Control    int     // number of comparisons of the data with themselves
	Seed       uint64  // of the control, which is the only random part
	Mixed      bool    // compare even if the programs that ran may differ
	Workers    int     // number of goroutines; the number of processors if 0
}

// Defaults are the usual rules.
var Defaults = Options{Test: Auto, Delta: 0.05, Confidence: 0.95, Discovery: 0.05, Noisy: 0.20, Rounds: 5, Samples: 4,
	Control: 1000, Seed: 1}

// maxControl is the largest number of resamples of a control.
const maxControl = 1_000_000

// Check returns a *record.Problem for the first wrong rule; its place is the flag that sets the rule.
func (o *Options) Check() error {
	within := func(flag string, v, least, most float64) error {
		if v >= least && v <= most { // NaN is not
			return nil
		}
		return record.Wrongf(flag, "%v is not a number from %v to %v", "%v 不是 %v 到 %v 之间的数", v, least, most)
	}
	whole := func(flag string, v, least, most int) error {
		if v >= least && v <= most {
			return nil
		}
		return record.Wrongf(flag, "%d is not a whole number from %d to %d", "%d 不是 %d 到 %d 之间的整数", v, least, most)
	}
	return cmp.Or(within("--delta", o.Delta, 0, 100), within("--fdr", o.Discovery, 1e-9, 0.5),
		within("confidence", o.Confidence, 0.5, 0.9999), within("noisy", o.Noisy, 0, math.MaxFloat64),
		whole("--min-rounds", o.Rounds, 2, 1_000_000), whole("min-samples", o.Samples, 2, 1_000_000),
		whole("--resamples", o.Control, 0, maxControl))
}

// Verdict is the result for one row.
type Verdict string

const (
	Faster       Verdict = "faster"
	Slower       Verdict = "slower"
	HigherValue  Verdict = "higher" // in a unit whose direction is not declared
	LowerValue   Verdict = "lower"
	TooFew       Verdict = "too few samples" // to find any difference, however great
	NoDifference Verdict = "no difference shown"
	TooNoisy     Verdict = "too noisy"
	NotCompared  Verdict = "not compared"
)

// Difference reports whether a verdict is one of those for a difference.
func (v Verdict) Difference() bool {
	return v == Faster || v == Slower || v == HigherValue || v == LowerValue
}

// Row is the comparison of one benchmark in one column with the reference.
type Row struct {
	Benchmark  string            `json:"benchmark"`
	Target     string            `json:"target"` // the column's label: a chip, target, system, commit, run or file
	Unit       string            `json:"unit"`
	Better     record.Better     `json:"better"` // "" where nobody told
	Test       Test              `json:"test,omitempty"`
	Reference  Number            `json:"reference_median"`
	Median     Number            `json:"median"`
	Ratio      Number            `json:"ratio"` // value divided by the reference's; unknown if that is zero
	Low        Number            `json:"low"`
	High       Number            `json:"high"`
	P          Number            `json:"p"`
	Q          Number            `json:"q"`   // the false discovery rate at which the row would still count
	MDE        Number            `json:"mde"` // the smallest change, as a share, that this table would find in four of five cases
	Rounds     int               `json:"rounds"`
	Samples    int               `json:"samples"`
	Verdict    Verdict           `json:"verdict"`
	Provenance record.Provenance `json:"provenance,omitempty"`
	Why        *record.Sentence  `json:"why,omitempty"` // why it is not compared, or has too few samples
}

// Table is a whole comparison.
type Table struct {
	Reference string            `json:"reference"`
	By        series.By         `json:"by"`
	Columns   []string          `json:"columns"`
	Rows      []Row             `json:"rows"`
	Geomeans  []Geomean         `json:"geomeans"`
	Control   Control           `json:"control"`
	Notes     []record.Sentence `json:"notes,omitempty"`
	Settings  Settings          `json:"settings"`

	// Nothing is the reason why no row could be compared; nil if one could.
	Nothing *record.Sentence `json:"-"`

	// Problems of the data as a whole. Rows that can be compared are compared.
	Problems []*record.Problem `json:"-"`
}

// Settings are the rules by which the table was made.
type Settings struct {
	Delta      float64 `json:"delta"`
	Confidence float64 `json:"confidence"`
	Discovery  float64 `json:"discovery"`
	Noisy      float64 `json:"noisy"`
	Rounds     int     `json:"min_rounds"`
	Resamples  int     `json:"resamples"` // of the control
	Seed       uint64  `json:"seed"`
}

// Compare compares all columns of a set with the reference column. It returns a *record.Problem for a wrong rule, or if
// the set does not have the reference.
func Compare(set *series.Set, o Options) (*Table, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	reference, err := findReference(set, o.Reference)
	if err != nil {
		return nil, err
	}
	t := &Table{Reference: set.Columns[reference].Label, By: set.By, Settings: Settings{o.Delta, o.Confidence, o.Discovery,
		o.Noisy, o.Rounds, o.Control, o.Seed}}
	for _, c := range set.Columns {
		t.Columns = append(t.Columns, c.Label)
	}
	c := &comparison{set: set, options: o, reference: reference, refused: refusals(set, reference, o)}
	c.makeWorkers()
	c.list(t)
	runBoth(func() { c.addProblems(t) }, func() { c.measureAll(t) })
	c.estimateAll(t)
	c.judge(t)
	t.Nothing = c.nothing(t)
	t.Control = c.control(t)
	t.Geomeans = c.geomeans(t)
	t.Notes = append(c.notes(t), t.Notes...)
	return t, nil
}

// runBoth calls both functions at the same time: alone uses one processor only.
func runBoth(alone, shared func()) {
	var wg sync.WaitGroup
	wg.Go(alone)
	shared()
	wg.Wait()
}

// findReference returns the index of the column with a label, or of the first column for "". It returns a *record.Problem
// if there is no such column.
func findReference(set *series.Set, label string) (int, error) {
	if len(set.Columns) == 0 {
		return 0, record.Wrongf("", "nothing to compare: no input could be used", "没有可比较的内容：没有可用的输入")
	}
	if label == "" {
		return 0, nil
	}
	var labels []string
	for i, c := range set.Columns {
		if c.Label == label {
			return i, nil
		}
		labels = append(labels, c.Label)
	}
	return 0, record.Wrongf("--reference", "there is no %s %q here; there is %s", "这里没有 %s %q；现有：%s",
		set.By, label, some(labels))
}
