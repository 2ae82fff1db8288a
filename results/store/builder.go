package store

import (
	"fmt"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// builder builds a Run from the entries of its journal.
type builder struct {
	run   *Run
	cells map[Cell]*CellRun // by target, item and round
	specs map[*CellRun]*index

	launches map[Cell]record.Launch // of each attempt
}

// newBuilder returns a builder for a manifest.
func newBuilder(dir string, m Manifest) *builder {
	b := &builder{run: &Run{Dir: dir, Manifest: m}, cells: map[Cell]*CellRun{}, specs: map[*CellRun]*index{}, launches: map[Cell]record.Launch{}}
	for _, p := range m.Cells {
		cell := &CellRun{Target: p.Target, Item: p.Item, Round: p.Round, BuildKey: p.BuildKey}
		b.cells[Cell{Target: p.Target, Item: p.Item, Round: p.Round}] = cell
		b.run.Cells = append(b.run.Cells, cell)
		all := make([]Spec, len(p.Specs))
		cell.Specs = make([]*Spec, len(p.Specs))
		for i, s := range p.Specs {
			all[i].SpecPlan, cell.Specs[i] = s, &all[i]
		}
		b.specs[cell] = &index{specs: cell.Specs}
	}
	return b
}

// index finds the specs of a cell by their ids. They usually come in the plan's order, in which no lookup is needed.
type index struct {
	specs []*Spec
	last  int
	byID  map[string]*Spec // set after the first that came in another order
}

// find returns the spec with an id; nil if there is none.
func (x *index) find(id string) *Spec {
	for i := x.last; i < min(x.last+2, len(x.specs)); i++ {
		if x.specs[i].ID == id {
			x.last = i
			return x.specs[i]
		}
	}
	if x.byID == nil {
		x.byID = make(map[string]*Spec, len(x.specs))
		for _, s := range x.specs {
			x.byID[s.ID] = s
		}
	}
	return x.byID[id]
}

// fetched records the position up to which a target's journal on another machine was fetched.
func (b *builder) fetched(e Entry) {
	if e.From == nil {
		return
	}
	if b.run.Fetched == nil {
		b.run.Fetched = map[string]Position{}
	}
	b.run.Fetched[e.Cell.Target] = *e.From
}

// add adds an event. It returns an error for a cell or a spec that was not planned.
func (b *builder) add(at Cell, e record.Event) error {
	key := at
	key.Attempt = 0
	cell, ok := b.cells[key]
	if !ok {
		return fmt.Errorf("cell %.80q/%.80q round %d was not planned", key.Target, key.Item, key.Round)
	}
	cell.Attempts = max(cell.Attempts, at.Attempt)
	if e.Kind == record.KindSpecStart || e.Kind == record.KindSpecEnd {
		return b.addSpec(cell, at, e)
	}
	if e.Kind == record.KindLaunch {
		b.launches[at] = *e.Launch
	}
	cell.add(at.Attempt, e)
	return nil
}

// add adds an event other than the start or end of a spec.
func (c *CellRun) add(attempt int, e record.Event) {
	switch e.Kind {
	case record.KindLaunch:
		c.Launches = append(c.Launches, *e.Launch)
	case record.KindMachine:
		c.Machine, c.Machines = e.Machine, append(c.Machines, e.Machine)
	case record.KindSample:
		c.Samples = append(c.Samples, Sample{Spec: e.Spec, Attempt: attempt, Sample: *e.Sample})
	case record.KindObservation:
		c.Observations = append(c.Observations, Observation{Spec: e.Spec, Attempt: attempt, Observation: *e.Observation})
	case record.KindFinding:
		c.Findings = append(c.Findings, Finding{Spec: e.Spec, Attempt: attempt, Finding: *e.Finding})
	case record.KindNoise:
		c.Noise = append(c.Noise, *e.Noise)
	case record.KindLog:
		c.Logs = append(c.Logs, *e.Log)
	}
}

// addSpec adds the start or end of a spec. How the spec was launched is in the launch event of its process; a spec
// without one has no provenance.
func (b *builder) addSpec(cell *CellRun, at Cell, e record.Event) error {
	spec := b.specs[cell].find(e.Spec)
	switch {
	case spec == nil:
		return fmt.Errorf("spec %.200q was not planned", e.Spec)
	case spec.Ended:
		return fmt.Errorf("spec %.200q has a verdict already", e.Spec)
	case e.Kind == record.KindSpecStart:
		spec.Started, spec.Attempt = true, at.Attempt
		return nil
	}
	spec.SpecEnd, spec.Ended, spec.Attempt = *e.End, true, at.Attempt
	launch := b.launches[at]
	spec.Provenance, spec.Launcher = launch.Provenance, launch.Launcher
	return nil
}

// finish gives every spec without a verdict the verdict error, and returns the run.
func (b *builder) finish() *Run {
	why := record.Sayf("no verdict: the run has not come to its end; `xcmatrix run --resume %s` does the rest",
		"没有结论：运行尚未结束；用 `xcmatrix run --resume %s` 完成剩余部分", b.run.Manifest.Run)
	for _, cell := range b.run.Cells {
		for _, s := range cell.Specs {
			if !s.Ended {
				s.Verdict, s.Detail = record.Error, &why
			}
		}
		b.forget(cell)
	}
	b.slow()
	return b.run
}

// slow marks rounds in which the machine was slower than in the run's best round by more than they allow, in every
// process: a processor that is throttled from beginning to end is as steady as a quiet one.
func (b *builder) slow() {
	best := 0.0
	for _, cell := range b.run.Cells {
		for _, n := range cell.Noise {
			if n.Pulse > 0 && (best == 0 || n.Pulse < best) {
				best = n.Pulse
			}
		}
	}
	for _, cell := range b.run.Cells {
		for i := range cell.Noise {
			n := &cell.Noise[i]
			if share := n.Pulse/best - 1; best > 0 && n.Unfit == nil && n.Slow > 0 && share > n.Slow {
				why := record.Sayf("a fixed loop took %.0f %% longer than in the run's best round (limit %.0f %%)",
					"固定循环比本次运行中最好的一轮慢 %.0f %%（限值 %.0f %%）", 100*share, 100*n.Slow)
				n.Unfit = &why
			}
		}
	}
}

// forget removes the results of a spec in a process whose end the coordinator did not see, because the spec ran again.
func (b *builder) forget(cell *CellRun) {
	stale := func(spec string, attempt int) bool {
		s := b.specs[cell].find(spec)
		return s != nil && s.Attempt != attempt
	}
	cell.Samples = slices.DeleteFunc(cell.Samples, func(s Sample) bool { return stale(s.Spec, s.Attempt) })
	cell.Observations = slices.DeleteFunc(cell.Observations, func(o Observation) bool { return stale(o.Spec, o.Attempt) })
	cell.Findings = slices.DeleteFunc(cell.Findings, func(f Finding) bool { return stale(f.Spec, f.Attempt) })
}
