// Package compare says which of several machines, systems or commits is faster, and when the data do not tell. The
// reasons for its rules, and what they cost, are in docs/measuring.md.
package compare

import (
	"runtime"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Test is how two series are compared.
type Test string

const (
	Auto      Test = "auto"      // Bootstrap where there are rounds, Rank where each series has but one
	Bootstrap Test = "bootstrap" // hierarchical: rounds, then samples
	Paired    Test = "paired"    // the i-th rounds of both were measured side by side, on one machine
	Rank      Test = "rank"      // Mann-Whitney on the samples of one round, as benchstat does
)

// Options are the rules of a comparison. The zero value of a field means the default.
type Options struct {
	Reference  string  // label of the column that the others are compared with; the first by default
	Test       Test    // Auto
	Delta      float64 // differences up to this share do not count: 0.05
	Confidence float64 // of intervals: 0.95
	Discovery  float64 // share of false ones among all differences found: 0.05
	Noisy      float64 // an interval wider than this share of the ratio is too noisy: 0.20
	Rounds     int     // fewer in either series are not compared: 5
	Samples    int     // fewer in either series of a single round are not compared: 4
	Resamples  int     // 2000
	Seed       uint64  // 1
	Control    int     // comparisons of the data with themselves: 1000; none if negative
	Mixed      bool    // compare although what ran is not known to be the same
	Workers    int     // as many as processors
}

// filled is o with the defaults in place.
func (o Options) filled() Options {
	def := func(v *float64, d float64) {
		if *v == 0 {
			*v = d
		}
	}
	def(&o.Delta, 0.05)
	def(&o.Confidence, 0.95)
	def(&o.Discovery, 0.05)
	def(&o.Noisy, 0.20)
	whole := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	whole(&o.Rounds, 5)
	whole(&o.Samples, 4)
	whole(&o.Resamples, 2000)
	whole(&o.Control, 1000)
	whole(&o.Workers, runtime.GOMAXPROCS(0))
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Test == "" {
		o.Test = Auto
	}
	return o
}

// Verdict on one row.
type Verdict string

const (
	Faster       Verdict = "faster"
	Slower       Verdict = "slower"
	NoDifference Verdict = "no difference shown"
	TooNoisy     Verdict = "too noisy"
	NotCompared  Verdict = "not compared"
)

// Row compares one benchmark of one column with the reference's.
type Row struct {
	Benchmark  string            `json:"benchmark"`
	Target     string            `json:"target"` // the column's label: a chip, target, system, commit, run or file
	Unit       string            `json:"unit"`
	Better     record.Better     `json:"better"`
	Test       Test              `json:"test,omitempty"`
	Reference  Number            `json:"reference_median"`
	Median     Number            `json:"median"`
	Ratio      Number            `json:"ratio"` // Median over Reference
	Low        Number            `json:"low"`
	High       Number            `json:"high"`
	P          Number            `json:"p"`
	Q          Number            `json:"q"`   // the false discovery rate at which the row would still count
	MDE        Number            `json:"mde"` // the share of change that would be found in four of five cases
	Rounds     int               `json:"rounds"`
	Samples    int               `json:"samples"`
	Verdict    Verdict           `json:"verdict"`
	Provenance record.Provenance `json:"provenance,omitempty"`
	Why        *record.Sentence  `json:"why,omitempty"` // it is not compared
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

	// Problems are what is wrong with the data as a whole; what could be compared was.
	Problems []*record.Problem `json:"-"`
}

// Settings are the rules that the table was made by.
type Settings struct {
	Delta      float64 `json:"delta"`
	Confidence float64 `json:"confidence"`
	Discovery  float64 `json:"discovery"`
	Noisy      float64 `json:"noisy"`
	Rounds     int     `json:"min_rounds"`
	Resamples  int     `json:"resamples"`
	Seed       uint64  `json:"seed"`
}

// Compare compares all columns of a set with one of them.
func Compare(set *series.Set, options Options) (*Table, error) {
	o := options.filled()
	reference, err := findReference(set, o.Reference)
	if err != nil {
		return nil, err
	}
	t := &Table{Reference: set.Columns[reference].Label, By: set.By, Settings: Settings{o.Delta, o.Confidence, o.Discovery,
		o.Noisy, o.Rounds, o.Resamples, o.Seed}}
	for _, c := range set.Columns {
		t.Columns = append(t.Columns, c.Label)
	}
	c := &comparison{set: set, options: o, reference: reference, refused: refusals(set, reference, o)}
	c.hire()
	c.list(t)
	together(func() { c.doubts(t) }, func() { c.estimateAll(t) })
	together(func() { judge(t.Rows, o) }, func() { t.Control = c.control() })
	t.Geomeans = c.geomeans(t)
	t.Notes = append(c.notes(t), t.Notes...)
	return t, nil
}

// together does both at once: the first has work for one processor alone.
func together(alone, shared func()) {
	var wg sync.WaitGroup
	wg.Go(alone)
	shared()
	wg.Wait()
}

// findReference finds a column by its label; the first is the default.
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
