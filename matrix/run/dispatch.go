package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// dispatcher runs all cells of a run.
type dispatcher struct {
	Options
	journal *store.Journal
	cells   []*cell
	targets map[string]*target // by id
	scratch *scratch
	queue   *vmQueue

	environment  func(item string) []string // of the item's payloads, beside what every payload gets; from StartServices
	stopServices func()

	detached atomic.Bool // jobs are queued elsewhere, and nobody here waits for their results

	mu          sync.Mutex         // guards calls of Progress and Building, done, total and built
	built       map[build.Key]bool // payloads that are, or were, being built
	done, total int                // specs with a verdict, and all specs
}

// dispatch first runs the specs that may share the machine, several cells at a time. Then it measures, one cell at a time
// and in the order of rounds, so that the rounds of a cell are spread over the whole run. It returns an error if the run
// cannot go on; verdicts are no errors.
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
	d.stopServices = func() {}
	defer func() { d.stopServices() }()
	defer d.closeLaunchers()
	if err := d.prepare(ctx, open); err != nil {
		return err
	}
	if err := d.skipDuplicates(open); err != nil {
		return err
	}
	return d.inParallel(ctx, d.groups(open))
}

// groups returns what runs in parallel: the cells of this machine, and those of each machine that is reached by SSH.
func (d *dispatcher) groups(open []*cell) []func(context.Context) error {
	here, there := []*cell{}, map[string][]*cell{}
	for _, c := range open {
		if t := d.targets[c.Target]; t.machine != nil {
			there[c.Target] = append(there[c.Target], c)
		} else {
			here = append(here, c)
		}
	}
	var groups []func(context.Context) error
	if len(here) > 0 {
		groups = append(groups, func(ctx context.Context) error { return d.runHere(ctx, here) })
	}
	for target, cells := range there {
		groups = append(groups, func(ctx context.Context) error { return d.runTestsThere(ctx, d.targets[target], cells) })
	}
	return groups
}

// inParallel runs functions, and has the others end after the first error.
func (d *dispatcher) inParallel(ctx context.Context, groups []func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var waiting sync.WaitGroup
	errs := make([]error, len(groups))
	for i, group := range groups {
		waiting.Go(func() {
			if errs[i] = group(ctx); errs[i] != nil {
				cancel()
			}
		})
	}
	waiting.Wait()
	return errors.Join(errs...)
}

// runHere runs cells on this machine.
func (d *dispatcher) runHere(ctx context.Context, open []*cell) error {
	if err := d.withSharedLock(ctx, func() error { return d.runFunctional(ctx, open) }); err != nil {
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

// runFunctional runs the specs that may share the machine. Suites that mostly wait for servers and timers have their own
// workers, so that suites that compute use the processors meanwhile.
func (d *dispatcher) runFunctional(ctx context.Context, cells []*cell) error {
	var waiting, computing []*cell
	for _, c := range cells {
		if d.Waits != nil && d.Waits(c.Item) {
			waiting = append(waiting, c)
		} else {
			computing = append(computing, c)
		}
	}
	return d.inParallel(ctx, []func(context.Context) error{
		func(ctx context.Context) error { return d.runInParallel(ctx, computing) },
		func(ctx context.Context) error { return d.runInParallel(ctx, waiting) },
	})
}

// runInParallel runs cells with Options.Jobs workers. After the first error no further cell is started.
func (d *dispatcher) runInParallel(ctx context.Context, cells []*cell) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, d.queue.wake)()
	errs := make([]error, min(max(d.Jobs, 1), len(cells)))
	var workers sync.WaitGroup
	for i := range errs {
		workers.Go(func() {
			for errs[i] == nil {
				c := d.queue.next(ctx, &cells, d.exclusive)
				if c == nil {
					return
				}
				errs[i] = d.runCell(ctx, c)
				d.queue.release(c)
			}
			cancel()
		})
	}
	workers.Wait()
	return errors.Join(errs...)
}

// exclusive reports whether a target runs one process at a time.
func (d *dispatcher) exclusive(target string) bool { return d.targets[target].Name == "vm" }

// runCell runs the specs of a cell that may share the machine.
func (d *dispatcher) runCell(ctx context.Context, c *cell) error {
	if d.isTests(c.Item) {
		return d.runTests(ctx, c)
	}
	for _, filter := range d.sharingFilters(c) {
		if err := d.runSpecs(ctx, c, filter); err != nil {
			return err
		}
	}
	return nil
}

// sharingFilters returns filters of the specs that may share the machine; the specs of each filter have their own process.
// On a real machine measuring specs do not share it. Under emulation and in virtual machines they do, because their speed
// is never compared. They have their own process, because each benchmark begins with a garbage collection, which thousands
// of other specs would make slow.
func (d *dispatcher) sharingFilters(c *cell) []func(record.SpecPlan) bool {
	filters := []func(record.SpecPlan) bool{func(s record.SpecPlan) bool { return !s.Measures() }}
	if d.targets[c.Target].Name != "native" {
		filters = append(filters, record.SpecPlan.Measures)
	}
	return filters
}

// runSpecs starts processes for a cell until each spec that matches the filter has a verdict. The spec that was open when a
// process ended gets a verdict and is not started again; the next process runs the remaining specs. It returns nil when
// ctx is done.
func (d *dispatcher) runSpecs(ctx context.Context, c *cell, filter func(record.SpecPlan) bool) error {
	for ctx.Err() == nil {
		remaining := c.remaining(filter)
		if len(remaining) == 0 {
			return nil
		}
		if end := d.absent(c); end != nil {
			return d.recordVerdicts(c, remaining, *end)
		}
		c.attempts++
		p := &process{dispatcher: d, cell: c, target: d.targets[c.Target], specs: c.next(remaining)}
		if err := p.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// recordVerdicts records the same verdict of the coordinator for several specs.
func (d *dispatcher) recordVerdicts(c *cell, specs []record.SpecPlan, end record.SpecEnd) error {
	for _, s := range specs {
		if err := d.recordVerdict(c, s.ID, end); err != nil {
			return err
		}
	}
	return nil
}

// recordVerdict writes a verdict of the coordinator to the journal.
func (d *dispatcher) recordVerdict(c *cell, spec string, end record.SpecEnd) error {
	key := c.key()
	err := d.journal.AppendEvent(&key, record.Event{Kind: record.KindSpecEnd, Spec: spec, End: &end})
	if err != nil {
		return fmt.Errorf("verdict on %s: %w", spec, err)
	}
	d.countVerdict(c, spec, end.Verdict)
	return nil
}

// countVerdict counts a verdict that is in the journal, and reports it to Options.Progress.
func (d *dispatcher) countVerdict(c *cell, spec string, v record.Verdict) {
	c.ended[spec] = true
	c.verdicts[spec] = v
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done++
	if d.Progress != nil {
		d.Progress(Step{Cell: c.key(), Spec: spec, Verdict: v, Labels: c.labels(spec), Findings: c.findings[spec],
			Done: d.done, Total: d.total, CellDone: c.done()})
	}
}
