package series

import (
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"

	"github.com/xcmatrix/xcmatrix/results/compare/rounds"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Origin describes where values come from. In a file in the Go benchmark format, configuration lines have it: "chip:
// kunpeng-920".
type Origin struct {
	File       string // its path, or its label
	Run        string
	Commit     string
	Target     string
	Chip       string
	System     string
	GOARCH     string
	BuildKey   string
	Payload    string // "sha256:…"
	Provenance record.Provenance
	Round      int    // from 1; 0 if unknown: then the file is one round
	Noise      string // why the round is not used; "" if it is
	NoiseZh    string // the same in Chinese; "" if unknown
}

// By is the property by which values are put into columns.
type By string

const (
	Chip   By = "chip"
	Target By = "target"
	System By = "system"
	Commit By = "commit"
	Run    By = "run"
	File   By = "file"
)

// Bys holds all of them.
var Bys = []By{Chip, Target, System, Commit, Run, File}

// Label returns the name of the column for values of o: the property by, or if it is unknown another one.
func (o *Origin) Label(by By) string {
	asked := map[By]string{Chip: o.Chip, Target: o.Target, System: o.System, Commit: o.Commit, Run: o.Run, File: o.File}[by]
	for _, label := range []string{asked, o.Target, o.File} {
		if label != "" {
			return label
		}
	}
	return o.Run
}

// Benchmark identifies one row of a comparison.
type Benchmark struct {
	Pkg  string // of a Go benchmark; "" if all are of one package
	Name string
	Unit string
	On   string // the target, if columns are commits or runs
}

func (b Benchmark) String() string {
	s := b.Name
	if b.Pkg != "" {
		s = b.Pkg + "." + s
	}
	if b.On != "" {
		s += " @ " + b.On
	}
	return s
}

// Set is all values that were read.
type Set struct {
	By      By
	Columns []Column // in the order in which they were read
	Rows    []Row    // in the order in which they were read
}

// Column is one of the compared things.
type Column struct {
	Label      string
	Provenance record.Provenance // the weakest of all its values; "" if unknown
	Payloads   []Payload         // the programs that ran
	Unused     []Unused          // rounds that are not used, by reason
	Emulated   []string          // targets that are emulated, beside native ones: not used
	Processors []string          // the numbers at the ends of names, which go test adds: "8"; empty for 1
}

// Unused is a number of rounds that are not used for one reason.
type Unused struct {
	Why    record.Sentence
	Rounds int
}

// unused counts a round that is not used. Reasons are equal if the text before their first figure is.
func (c *Column) unused(o *Origin) {
	kind := func(text string) string { return text[:max(0, strings.IndexAny(text+"0", "0123456789"))] }
	for i := range c.Unused {
		if kind(c.Unused[i].Why.En) == kind(o.Noise) {
			c.Unused[i].Rounds++
			return
		}
	}
	c.Unused = append(c.Unused, Unused{record.Say(o.Noise, o.NoiseZh), 1})
}

// Payload is one build and its digest.
type Payload struct{ BuildKey, Digest string }

// OldWorldRuntime reports whether the build is one whose Go runtime was modified for the old ABI world of LoongArch.
func (p Payload) OldWorldRuntime() bool {
	return slices.Contains(strings.Split(p.BuildKey, "-"), "both")
}

// Row is one benchmark in one unit.
type Row struct {
	Benchmark
	Better record.Better // "" if the direction is not declared
	Cells  []Cell        // by column, in ascending order; only those with values
}

// Cell has the values of one benchmark in one column.
type Cell struct {
	Column int
	Rounds rounds.Rounds // read only: cells with equal values share memory
	File   string        // file of the first value
	Line   int           // line of the first value; 0 if the input has no lines

	rounds []int32 // their numbers, by which the assembler identifies them
}

// Place returns "file:line" of the first value.
func (c *Cell) Place() string { return place(c.File, c.Line) }

// Samples returns the number of values.
func (c *Cell) Samples() int {
	n := 0
	for _, r := range c.Rounds {
		n += len(r)
	}
	return n
}

// better returns the direction in which values of a unit improve, for the units of the Go benchmark format and processor
// time, whatever the input declares; "" for other units, whose direction the input may declare.
func better(unit string) record.Better {
	switch (benchfmt.UnitMetadataMap)(nil).GetBetter(strings.TrimPrefix(unit, "cpu-")) {
	case -1:
		return record.Lower
	case 1:
		return record.Higher
	}
	return ""
}

// positive reports whether values of a unit cannot be zero: an operation takes some time and has some speed, but it may
// allocate nothing.
func positive(unit string) bool {
	return strings.Contains(unit, "sec") || strings.HasSuffix(unit, "/s")
}
