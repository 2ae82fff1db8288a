package triage

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// mark writes classes and waivers into the run, and gives it the findings that nothing in it had reported.
func (g *gathering) mark(found []Finding) {
	byID := map[string]Finding{}
	for _, f := range found {
		byID[f.ID] = f
	}
	for _, f := range found {
		if f.Class != Environment && g.byID[f.ID] == nil {
			g.give(f)
		}
	}
	for _, cell := range g.run.Cells {
		said := map[string]bool{}
		for i := range cell.Findings {
			f := &cell.Findings[i]
			f.Class, f.Waiver = string(byID[f.ID].Class), byID[f.ID].Waiver
			said[f.ID] = true
		}
		for _, s := range cell.Specs {
			switch ids := g.reports.Under(s); {
			case s.Verdict == record.Miss || s.Verdict == record.Error:
				s.Class = string(Environment)
			case len(ids) > 0:
				s.Class = string(byID[ids[0]].Class)
				for _, id := range ids {
					if !said[id] {
						cell.Findings = append(cell.Findings, byID[id].in(s))
					}
				}
			}
		}
	}
}

// give puts a finding that stands for no verdict into one cell of its item on each of its targets.
func (g *gathering) give(f Finding) {
	given := map[string]bool{}
	for _, cell := range g.run.Cells {
		if cell.Item == f.Item && slices.Contains(f.Targets, cell.Target) && !given[cell.Target] {
			given[cell.Target] = true
			cell.Findings = append(cell.Findings, f.in(&store.Spec{}))
		}
	}
}

// in is the finding as a spec would have reported it.
func (f Finding) in(s *store.Spec) store.Finding {
	return store.Finding{Spec: s.ID, Attempt: s.Attempt, Class: string(f.Class), Waiver: f.Waiver,
		Finding: record.Finding{ID: f.ID, Subject: f.Subject, Version: f.Version, Severity: f.Severity, Clause: f.Clause, Evidence: f.Evidence}}
}
