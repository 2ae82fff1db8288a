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

	mu          sync.Mutex // for Progress and what it counts
	done, total int
}

// dispatch runs what checks function, several cells at a time, and then what measures, alone and round by round, so
// that each round of a cell is as far from the next as the run is long.
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

func (d *dispatcher) functional(ctx context.Context, cells []*cell) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	queue := make(chan *cell)
	errs := make([]error, max(d.Jobs, 1))
	var workers sync.WaitGroup
	for i := range errs {
		workers.Go(func() {
			for c := range queue {
				if errs[i] = d.carry(ctx, c, false); errs[i] != nil {
					cancel()
					return
				}
			}
		})
	}
	for _, c := range cells {
		select {
		case queue <- c:
		case <-ctx.Done():
		}
	}
	close(queue)
	workers.Wait()
	return errors.Join(errs...)
}

// carry starts processes for a cell until each spec of its kind has a verdict. A spec that ended its process is not
// started again; the rest is.
func (d *dispatcher) carry(ctx context.Context, c *cell, measure bool) error {
	t := d.targets[c.Target]
	for ctx.Err() == nil {
		left := c.left(measure)
		if len(left) == 0 {
			return nil
		}
		if t.absent != nil {
			return d.giveAll(c, left, *t.absent)
		}
		c.attempts++
		s := &shot{dispatcher: d, cell: c, target: t, wanted: left}
		if err := s.fire(ctx); err != nil {
			return err
		}
	}
	return nil
}

// giveAll gives specs a verdict that none of them came to by itself.
func (d *dispatcher) giveAll(c *cell, specs []record.SpecPlan, end record.SpecEnd) error {
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
		d.Progress(Step{Cell: c.key(), Spec: spec, Verdict: v, Done: d.done, Total: d.total, CellDone: c.done()})
	}
}
