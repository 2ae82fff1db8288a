package render

import (
	"cmp"
	"slices"

	"golang.org/x/perf/benchmath"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// NoiseRow is the reason why some rounds of a target are not compared.
type NoiseRow struct {
	Target string
	Rounds int
	Why    string
}

// RunRow is a run of the report.
type RunRow struct {
	ID       string `json:"id"`
	Created  string `json:"created"`
	Complete bool   `json:"complete"`
	Tool     string `json:"tool"`
	Commit   string `json:"commit,omitempty"`
	Plan     string `json:"plan,omitempty"` // "sm3:…" of the plan file
	Dir      string `json:"-"`
}

// TargetRow is a target, its machine, and how it was launched.
type TargetRow struct {
	ID         string            `json:"id"`
	Run        string            `json:"run"`
	Declared   string            `json:"declared,omitempty"` // the target's name in its run, if it is different
	GOARCH     string            `json:"goarch"`
	Chip       string            `json:"chip"`                  // as detected, or as declared if nothing ran
	System     string            `json:"system"`                // like Chip
	PageSize   int               `json:"page_size,omitempty"`   // bytes
	Kernel     string            `json:"kernel,omitempty"`      // release
	GoModified string            `json:"go_modified,omitempty"` // digest of the edits for the old ABI world in Go's runtime
	Provenance record.Provenance `json:"provenance"`
	Launcher   record.Launcher   `json:"launcher"`
	BuildKey   string            `json:"build_key"`
	Payload    string            `json:"payload,omitempty"`
}

// CellRow counts a cell's verdicts.
type CellRow struct {
	Target   string                 `json:"target"`
	Item     string                 `json:"item"`
	Round    int                    `json:"round"`
	Specs    int                    `json:"specs"`
	Verdicts map[record.Verdict]int `json:"verdicts"`
	StandIns []string               `json:"stand_ins,omitempty"` // products that stand-ins replaced in some of its specs
}

// SpecRow is one verdict.
type SpecRow struct {
	Target     string            `json:"target"`
	Item       string            `json:"item"`
	Round      int               `json:"round"`
	ID         string            `json:"id"`
	Verdict    record.Verdict    `json:"verdict"`
	Class      string            `json:"class"`
	Seconds    float64           `json:"seconds"`
	Detail     string            `json:"detail"`
	Remedy     string            `json:"remedy,omitempty"`
	Stack      string            `json:"stack,omitempty"`
	Provenance record.Provenance `json:"provenance"`
	Launcher   record.Launcher   `json:"launcher"`
}

// BenchmarkRow is the result of one benchmark on one target.
type BenchmarkRow struct {
	Target     string            `json:"target"`
	Item       string            `json:"item"`
	Name       string            `json:"name"`
	Unit       string            `json:"unit"`
	Better     record.Better     `json:"better"`
	Median     float64           `json:"median"`
	Low        float64           `json:"low"` // lower end of the median's 95 % interval, or the smallest sample if there are few
	High       float64           `json:"high"`
	Rounds     int               `json:"rounds"`
	Samples    int               `json:"samples"`
	Reference  string            `json:"reference,omitempty"` // the name of the benchmark that it is compared with
	Path       string            `json:"path,omitempty"`      // the code path that ran
	Ratio      float64           `json:"ratio,omitempty"`     // its speed divided by the reference's, for native ones: 2 is twice as fast
	Provenance record.Provenance `json:"provenance"`
}

// targetRow returns the row of a target.
func targetRow(run *store.Run, t store.Target) TargetRow {
	row := TargetRow{ID: t.ID, GOARCH: t.GOARCH, Chip: t.Chip, System: t.System, BuildKey: t.BuildKey,
		Launcher: record.Launcher{Name: t.Launcher, CPU: t.CPU}}
	from := run.Origin(t.ID)
	if row.Run = from.Run.Manifest.Run; from.Target != t.ID {
		row.Declared = from.Target
	}
	for _, c := range run.Cells {
		if c.Target != t.ID {
			continue
		}
		if l := c.Launch(); l.Provenance != "" {
			row.Provenance, row.Launcher, row.Payload = row.Provenance.Weaker(c.Provenance()), l.Launcher, l.Payload
		}
		if c.Machine != nil {
			row.GoModified = c.Machine.GoModified
		}
		// Under a user-mode emulator the system, and on some the cpuinfo, is this machine's.
		if m := c.Machine; m != nil && c.Provenance() != record.Emulated {
			row.Chip, row.System = cmp.Or(m.Chip, row.Chip), cmp.Or(m.System, row.System)
			row.PageSize, row.Kernel = m.PageSize, m.Kernel
		}
	}
	return row
}

// specRow returns the row of a spec.
func specRow(c *store.CellRun, s *store.Spec, lang string) SpecRow {
	row := SpecRow{Target: c.Target, Item: c.Item, Round: c.Round, ID: s.ID, Verdict: s.Verdict, Class: s.Class,
		Seconds: s.Seconds, Stack: s.Stack, Provenance: s.Provenance, Launcher: s.Launcher}
	if s.Detail != nil {
		row.Detail = s.Detail.In(lang)
	}
	if s.Remedy != nil {
		row.Remedy = s.Remedy.In(lang)
	}
	return row
}

// series names what is measured on a target.
type series struct {
	target, item, name, unit string
}

// benchmarks returns a row for each benchmark on each target, over all rounds.
func benchmarks(run *store.Run) []BenchmarkRow {
	var order []series
	values, rounds := map[series][]float64{}, map[series]map[int]bool{}
	rows := map[series]BenchmarkRow{}
	for _, c := range run.Cells {
		for _, s := range c.Samples {
			key := series{c.Target, c.Item, s.Name, s.Unit}
			if _, ok := rows[key]; !ok {
				order, rounds[key] = append(order, key), map[int]bool{}
				rows[key] = BenchmarkRow{Target: c.Target, Item: c.Item, Name: s.Name, Unit: s.Unit, Better: s.Better,
					Reference: s.Reference, Path: s.Path, Provenance: c.Provenance()}
			}
			values[key] = append(values[key], s.Value)
			rounds[key][c.Round] = true
		}
	}
	out := make([]BenchmarkRow, 0, len(order))
	for _, key := range order {
		row := rows[key]
		sum := benchmath.AssumeNothing.Summary(benchmath.NewSample(values[key], &benchmath.DefaultThresholds), 0.95)
		row.Median, row.Low, row.High = sum.Center, max(sum.Lo, slices.Min(values[key])), min(sum.Hi, slices.Max(values[key]))
		row.Rounds, row.Samples = len(rounds[key]), len(values[key])
		rows[key] = row
	}
	for _, key := range order {
		row := rows[key]
		if to, ok := rows[series{key.target, key.item, row.Reference, key.unit}]; ok && row.Provenance == record.Native {
			row.Ratio = row.ratio(to)
		}
		out = append(out, row)
	}
	return out
}

// ratio returns the speed of b divided by that of to; 0 if they cannot be compared.
func (b BenchmarkRow) ratio(to BenchmarkRow) float64 {
	if b.Better == record.Lower {
		b, to = to, b
	}
	if b.Median <= 0 || to.Median <= 0 {
		return 0
	}
	return b.Median / to.Median
}
