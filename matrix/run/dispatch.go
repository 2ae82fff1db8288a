package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// dispatcher gives every cell its turn.
type dispatcher struct {
	Options
	journal  *store.Journal
	cells    []*cell
	targets  map[string]*target
	services services
	scratch  *scratch
	turns    *turns

	mu          sync.Mutex // for Progress and what it counts
	done, total int
}

// dispatch runs what needs no quiet, several cells at a time, and then what measures the machine, alone and round by
// round, so that each round of a cell is as far from the next as the run is long.
func (d *dispatcher) dispatch(ctx context.Context) error {
	for _, c := range d.cells {
		d.total += len(c.Specs)
		d.done += len(c.ended)
	}
	open := slices.DeleteFunc(slices.Clone(d.cells), (*cell).done)
	if len(open) == 0 {
		return nil
	}
	var err error
	if d.scratch, err = newScratch(); err != nil {
		return err
	}
	defer d.scratch.remove()
	defer d.services.stop()
	defer d.closeLaunchers()
	if err := d.prepare(ctx, open); err != nil {
		return err
	}
	if err := d.leaveLogic(open); err != nil {
		return err
	}
	if err := d.share(ctx, func() error { return d.functional(ctx, open) }); err != nil {
		return err
	}
	slices.SortStableFunc(open, func(a, b *cell) int { return a.Round - b.Round })
	for _, c := range open {
		if err := d.measure(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// functional runs what needs no quiet. Suites that mostly wait, for servers and timers, have workers of their own, so that
// processors do not wait with them.
func (d *dispatcher) functional(ctx context.Context, cells []*cell) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var waits, computes []*cell
	for _, c := range cells {
		if d.Waits != nil && d.Waits(c.Item) {
			waits = append(waits, c)
		} else {
			computes = append(computes, c)
		}
	}
	var crews sync.WaitGroup
	errs := make([]error, 2)
	for i, crew := range [][]*cell{computes, waits} {
		crews.Go(func() {
			if errs[i] = d.crew(ctx, crew); errs[i] != nil {
				cancel()
			}
		})
	}
	crews.Wait()
	return errors.Join(errs...)
}

// crew carries cells, as many at a time as there are jobs.
func (d *dispatcher) crew(ctx context.Context, cells []*cell) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, d.turns.wake)()
	errs := make([]error, min(max(d.Jobs, 1), len(cells)))
	var workers sync.WaitGroup
	for i := range errs {
		workers.Go(func() {
			for errs[i] == nil {
				c := d.turns.next(ctx, &cells, d.alone)
				if c == nil {
					return
				}
				errs[i] = d.run(ctx, c)
				d.turns.end(c)
			}
			cancel()
		})
	}
	workers.Wait()
	return errors.Join(errs...)
}

// alone reports whether one process at a time runs on a target.
func (d *dispatcher) alone(target string) bool { return d.targets[target].Name == "vm" }

// run carries what of a cell needs no quiet.
func (d *dispatcher) run(ctx context.Context, c *cell) error {
	for _, which := range d.needsNoQuiet(c) {
		if err := d.carry(ctx, c, which); err != nil {
			return err
		}
	}
	return nil
}

// needsNoQuiet tells which specs of a cell run beside others, a process for each kind. An emulator's speed is never
// compared, so what measures there only shows that it works; in a process of its own, because each benchmark begins by
// collecting garbage, and thousands of other specs are much to look through.
func (d *dispatcher) needsNoQuiet(c *cell) []func(record.SpecPlan) bool {
	kinds := []func(record.SpecPlan) bool{func(p record.SpecPlan) bool { return !p.Measures() }}
	if d.targets[c.Target].Name != "native" {
		kinds = append(kinds, record.SpecPlan.Measures)
	}
	return kinds
}

// carry starts processes for a cell until each spec of a kind has a verdict. A spec that ended its process is not
// started again; the rest is.
func (d *dispatcher) carry(ctx context.Context, c *cell, which func(record.SpecPlan) bool) error {
	t := d.targets[c.Target]
	for ctx.Err() == nil {
		left := c.left(which)
		if len(left) == 0 {
			return nil
		}
		if t.absent != nil {
			return d.recordVerdicts(c, left, *t.absent)
		}
		c.attempts++
		s := &shot{dispatcher: d, cell: c, target: t, wanted: left}
		if err := s.fire(ctx); err != nil {
			return err
		}
	}
	return nil
}

// recordVerdicts gives specs a verdict that none of them came to by itself.
func (d *dispatcher) recordVerdicts(c *cell, specs []record.SpecPlan, end record.SpecEnd) error {
	for _, s := range specs {
		if err := d.give(c, s.ID, end); err != nil {
			return err
		}
	}
	return nil
}

// give writes a verdict of the coordinator's own.
func (d *dispatcher) give(c *cell, spec string, end record.SpecEnd) error {
	key := c.key()
	err := d.journal.AppendEvent(&key, record.Event{Kind: record.KindSpecEnd, Spec: spec, End: &end})
	if err != nil {
		return fmt.Errorf("verdict on %s: %w", spec, err)
	}
	d.ended(c, spec, end.Verdict)
	return nil
}

// ended counts a verdict that stands in the journal.
func (d *dispatcher) ended(c *cell, spec string, v record.Verdict) {
	c.ended[spec] = true
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done++
	if d.Progress != nil {
		d.Progress(Step{Cell: c.key(), Spec: spec, Verdict: v, Labels: c.labels(spec), Findings: c.found[spec],
			Done: d.done, Total: d.total, CellDone: c.done()})
	}
}
