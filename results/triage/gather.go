package triage

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

// place identifies a spec, whatever the target and the round.
type place struct{ item, spec string }

// defect is the id of a finding with everything that the run reports of it.
type defect struct {
	id     string
	item   string
	first  record.Finding // as first reported; made by standIn for a spec that reports nothing
	places map[place]bool // the specs that report it on any target
}

// gathering is a run, ordered for comparisons between targets.
type gathering struct {
	run     *store.Run
	reports waiver.Reports
	order   []*defect
	byID    map[string]*defect
	specs   map[place][]instance // specs that report something, on all targets, in all rounds
}

// instance is a spec on one target in one round.
type instance struct {
	cell *store.CellRun
	spec *store.Spec
}

// gather returns the defects of a run, by finding id, with the instances of each spec on all targets.
func gather(run *store.Run) *gathering {
	g := &gathering{run: run, reports: waiver.Reported(run), byID: map[string]*defect{}, specs: map[place][]instance{}}
	for _, cell := range run.Cells {
		said := map[[2]string]record.Finding{}
		for _, f := range cell.Findings {
			said[[2]string{f.Spec, f.ID}] = f.Finding
		}
		for _, s := range cell.Specs {
			at := place{cell.Item, s.ID}
			for _, id := range g.reports.Under(s) {
				g.specs[at] = nil
				f, ok := said[[2]string{s.ID, id}]
				if !ok {
					f = unreported(id, cell.Item, s)
				}
				g.add(f, at)
			}
		}
	}
	g.collect()
	return g
}

// collect finds the specs that report something on any target.
func (g *gathering) collect() {
	items := map[string]bool{}
	for at := range g.specs {
		items[at.item] = true
	}
	for _, cell := range g.run.Cells {
		if !items[cell.Item] {
			continue
		}
		for _, s := range cell.Specs {
			at := place{cell.Item, s.ID}
			if list, ok := g.specs[at]; ok {
				g.specs[at] = append(list, instance{cell, s})
			}
		}
	}
}

// unreported returns the finding of a spec that could not report one, or did not.
func unreported(id, item string, s *store.Spec) record.Finding {
	f := record.Finding{ID: id, Subject: item, Severity: record.Medium}
	if s.Verdict == record.Crash {
		f.Severity = record.High
	}
	f.Evidence = s.ID + ": " + string(s.Verdict)
	if s.Detail != nil {
		f.Evidence += ": " + s.Detail.En
	}
	return f
}

// add adds a reported finding.
func (g *gathering) add(f record.Finding, at place) {
	d := g.byID[f.ID]
	if d == nil {
		d = &defect{id: f.ID, item: at.item, first: f, places: map[place]bool{}}
		g.byID[f.ID] = d
		g.order = append(g.order, d)
	}
	d.places[at] = true
}

// defects returns every reported finding with its class.
func (g *gathering) defects() []Finding {
	var out []Finding
	for _, d := range g.order {
		sights, worst := g.sights(d)
		class, why := classify(sights)
		cause, evidence := g.cause(d)
		if cause != "" {
			class, why = byCause(cause, sights)
		}
		f := Finding{Cause: cause, ID: d.id, Item: d.item, Subject: d.first.Subject, Version: d.first.Version, Severity: d.first.Severity,
			Class: class, Clause: d.first.Clause, Evidence: cmp.Or(evidence, d.first.Evidence), Why: why,
			Reproduce: reproduce(g.run, worst.cell.Target, d.item, worst.spec.ID)}
		for _, s := range sights {
			if s.outcome == fails || s.outcome == wavers {
				f.Targets = append(f.Targets, s.target.ID)
			}
		}
		out = append(out, f)
	}
	return out
}

// sights returns the sight of a defect on each target, and the instance that shows it best, natively if possible.
func (g *gathering) sights(d *defect) ([]sight, instance) {
	rounds := map[string]map[int]outcome{}
	provenance := map[string]record.Provenance{}
	pages := map[string]int{}
	var worst instance
	for at := range d.places {
		for _, i := range g.specs[at] {
			target := i.cell.Target
			if rounds[target] == nil {
				rounds[target] = map[int]outcome{}
			}
			if p := i.provenance(); p != "" {
				provenance[target] = p
			}
			if m := i.cell.Machine; m != nil {
				pages[target] = m.PageSize
			}
			o := g.shows(i, d.id)
			rounds[target][i.cell.Round] = max(rounds[target][i.cell.Round], o)
			if o == fails && (worst.cell == nil || i.before(worst)) {
				worst = i
			}
		}
	}
	var out []sight
	for _, t := range g.run.Manifest.Targets {
		s := sight{target: t, provenance: provenance[t.ID], pageSize: pages[t.ID]}
		for _, o := range rounds[t.ID] {
			s.outcome = s.outcome.and(o)
		}
		out = append(out, s)
	}
	return out, worst
}

// shows returns the outcome of one spec in one round for a finding.
func (g *gathering) shows(i instance, id string) outcome {
	for _, reported := range g.reports.Under(i.spec) {
		if reported == id {
			return fails
		}
	}
	if i.spec.Verdict == record.Pass || i.spec.Verdict == record.Fixed {
		return passes
	}
	return undecided
}

// provenance returns how the instance's cell was launched.
func (i instance) provenance() record.Provenance {
	if i.spec.Provenance != "" {
		return i.spec.Provenance
	}
	return i.cell.Provenance()
}

// before orders instances: natives first, then by target, spec and round, so that the same run gives the same command.
func (i instance) before(j instance) bool {
	a, b := i.provenance() == record.Native, j.provenance() == record.Native
	switch {
	case a != b:
		return a
	case i.cell.Target != j.cell.Target:
		return i.cell.Target < j.cell.Target
	case i.spec.ID != j.spec.ID:
		return i.spec.ID < j.spec.ID
	}
	return i.cell.Round < j.cell.Round
}

// reproduce returns the command that runs one spec on one target again, with the seed of the target's run.
func reproduce(run *store.Run, target, item, spec string, others ...string) []string {
	from := run.Origin(target)
	var targets []string
	for _, id := range append(others, target) {
		if o := run.Origin(id); o.Run == from.Run && !slices.Contains(targets, o.Target) {
			targets = append(targets, o.Target)
		}
	}
	all := strings.Join(targets, ",")
	if item == record.ItemTest {
		return reproduceTest(all, spec)
	}
	return []string{"xcmatrix", "run", "--target", all, "--suite", item, "--spec", spec,
		"--seed", strconv.FormatUint(from.Run.Manifest.Seed, 10)}
}
