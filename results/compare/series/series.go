package series

import (
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"

	"github.com/xcmatrix/xcmatrix/results/compare/rounds"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Origin says where values come from. A file in the Go benchmark format states it in configuration lines:
// "chip: kunpeng-920".
type Origin struct {
	File       string // where it stands, or the label given for it
	Run        string
	Commit     string
	Target     string
	Chip       string
	System     string
	GOARCH     string
	BuildKey   string
	Payload    string // "sha256:…"
	Provenance record.Provenance
	Round      int    // from 1; 0 where not told: then the file is one round
	Noise      string // why the round is not to be used, "" if it is
}

// By says what stands side by side.
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

// Label is the name under which the values of o are compared: what by asks for, or else what there is.
func (o *Origin) Label(by By) string {
	asked := map[By]string{Chip: o.Chip, Target: o.Target, System: o.System, Commit: o.Commit, Run: o.Run, File: o.File}[by]
	for _, label := range []string{asked, o.Target, o.File} {
		if label != "" {
			return label
		}
	}
	return o.Run
}

// within is the target that by keeps apart without comparing it: commits and runs are compared target by target.
func (o *Origin) within(by By) string {
	if by == Commit || by == Run {
		return o.Target
	}
	return ""
}

// Benchmark names one line of a comparison.
type Benchmark struct {
	Pkg  string // of a Go benchmark; "" where all are of one
	Name string
	Unit string
	On   string // the target, where commits or runs are compared
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

// Set is all that was read.
type Set struct {
	By      By
	Columns []Column // in the order in which they were read
	Rows    []Row    // in the order in which they were read
}

// Column is one of the things compared.
type Column struct {
	Label      string
	Provenance record.Provenance // the furthest from the real machine of all its values; "" where not told
	Payloads   []Payload         // the digests of what ran
	Noisy      int               // rounds that are kept but not used
	Processors []string          // the numbers at the ends of names, which go test adds: "8"; none where it was 1
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
	Better record.Better // "" where nobody told the direction
	Cells  []Cell        // by column, in ascending order; only those with values
}

// Cell is the values of one benchmark in one column.
type Cell struct {
	Column int
	Rounds rounds.Rounds // to be read only: cells of the same values share them
	File   string        // where the first value stands
	Line   int           // 0 where there are no lines

	rounds []int32 // their numbers, by which the assembler knows them
}

// Place is "file:line" of the first value.
func (c *Cell) Place() string { return place(c.File, c.Line) }

// Samples is the number of values.
func (c *Cell) Samples() int {
	n := 0
	for _, r := range c.Rounds {
		n += len(r)
	}
	return n
}

// better tells in which direction values of a unit improve, whatever the input says: for the units of the Go benchmark
// format itself, and the processor time beside them. Of any other unit the input may tell; else it is neither.
func better(unit string) record.Better {
	switch (benchfmt.UnitMetadataMap)(nil).GetBetter(strings.TrimPrefix(unit, "cpu-")) {
	case -1:
		return record.Lower
	case 1:
		return record.Higher
	}
	return ""
}

// positive tells whether a value of the unit can be zero: no operation takes no time, and none has no speed, but one
// may well allocate nothing.
func positive(unit string) bool {
	return strings.Contains(unit, "sec") || strings.HasSuffix(unit, "/s")
}
