// Package render shows runs: as tables for a terminal, as Markdown, CSV and JUnit, and as JSON for other programs.
package render

import (
	"slices"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/joint"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

// Report is a run for other programs. Its JSON is stable: fields are only ever added.
type Report struct {
	Run        string           `json:"run"`
	Created    string           `json:"created"`
	Complete   bool             `json:"complete"` // every planned spec has a verdict and the journal is sealed
	Targets    []TargetRow      `json:"targets"`
	Cells      []CellRow        `json:"cells"`
	Specs      []SpecRow        `json:"specs"`
	Findings   []triage.Finding `json:"findings"`
	Benchmarks []BenchmarkRow   `json:"benchmarks"`
	Runs       []RunRow         `json:"runs"`
	Warnings   []string         `json:"warnings,omitempty"`    // reasons why rows of several runs may not be comparable
	NotPlanned []joint.Gap      `json:"not_planned,omitempty"` // specs that some of several runs plan and others do not
	Noise      []NoiseRow       `json:"-"`                     // reasons why rounds are not compared
}

// New returns the report of a triaged run in a language.
func New(run *store.Run, found []triage.Finding, lang string) Report {
	return report(run, found, lang, func(*store.Spec) bool { return true })
}

// Summary does what New does without the specs that pass or are skipped, which tables do not show and which may be
// hundreds of thousands.
func Summary(run *store.Run, found []triage.Finding, lang string) Report {
	return report(run, found, lang, func(s *store.Spec) bool {
		return s.Verdict != record.Pass && s.Verdict != record.Skip && s.Verdict != record.Known
	})
}

// report returns the report with the specs for which wanted is true.
func report(run *store.Run, found []triage.Finding, lang string, wanted func(*store.Spec) bool) Report {
	r := Report{Run: run.Manifest.Run, Created: moment(run.Manifest.Created),
		Complete: run.Seal != nil, Targets: []TargetRow{}, Cells: []CellRow{}, Specs: []SpecRow{},
		Findings: append([]triage.Finding{}, found...), Benchmarks: benchmarks(run), NotPlanned: joint.Gaps(run, lang)}
	for _, w := range joint.Warnings(run) {
		r.Warnings = append(r.Warnings, w.In(lang))
	}
	for _, part := range parts(run) {
		m := part.Manifest
		r.Runs = append(r.Runs, RunRow{ID: m.Run, Created: moment(m.Created), Complete: part.Seal != nil, Tool: m.Tool, Commit: m.Commit,
			Plan: m.Plan, Dir: part.Dir})
	}
	for _, t := range run.Manifest.Targets {
		r.Targets = append(r.Targets, targetRow(run, t))
	}
	for _, c := range run.Cells {
		r.noise(c, lang)
		r.Cells = append(r.Cells, CellRow{Target: c.Target, Item: c.Item, Round: c.Round, Specs: len(c.Specs), Verdicts: c.Count(), StandIns: c.StandIns()})
		for _, s := range c.Specs {
			if wanted(s) {
				r.Specs = append(r.Specs, specRow(c, s, lang))
			}
		}
	}
	return r
}

// noise counts a round that is not compared. Reasons are equal if the text before their first figure is.
func (r *Report) noise(c *store.CellRun, lang string) {
	why := c.Unfit()
	if why == nil {
		return
	}
	kind := func(text string) string { return text[:max(0, strings.IndexAny(text+"0", "0123456789"))] }
	for i, n := range r.Noise {
		if n.Target == c.Target && kind(n.Why) == kind(why.In(lang)) {
			r.Noise[i].Rounds++
			return
		}
	}
	r.Noise = append(r.Noise, NoiseRow{c.Target, 1, why.In(lang)})
}

// parts returns the runs that a joined run consists of, or the run itself.
func parts(run *store.Run) []*store.Run {
	if len(run.Parts) > 0 {
		return run.Parts
	}
	return []*store.Run{run}
}

// moment returns a time as text.
func moment(t time.Time) string { return t.Format("2006-01-02T15:04:05Z07:00") }

// StandIns returns the products that stand-ins replaced in an item's specs, on any target.
func (r Report) StandIns(item string) []string {
	var all []string
	for _, c := range r.Cells {
		if c.Item == item {
			all = append(all, c.StandIns...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Of returns the part of the report for one target.
func (r Report) Of(target string) Report {
	part := Report{Run: r.Run, Created: r.Created, Complete: r.Complete, Runs: r.Runs}
	for _, t := range r.Targets {
		if t.ID == target {
			part.Targets = append(part.Targets, t)
		}
	}
	for _, c := range r.Cells {
		if c.Target == target {
			part.Cells = append(part.Cells, c)
		}
	}
	for _, s := range r.Specs {
		if s.Target == target {
			part.Specs = append(part.Specs, s)
		}
	}
	for _, f := range r.Findings {
		if slices.Contains(f.Targets, target) {
			part.Findings = append(part.Findings, f)
		}
	}
	for _, b := range r.Benchmarks {
		if b.Target == target {
			part.Benchmarks = append(part.Benchmarks, b)
		}
	}
	return part
}
