package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/matrix/noise"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// withSharedLock calls f while it holds the machine lock together with other runs that do not measure.
func (d *dispatcher) withSharedLock(ctx context.Context, f func() error) error {
	if d.Lock == "" {
		return f()
	}
	hold, err := lock.Shared(ctx, d.Lock, d.Waiting)
	if err != nil {
		return d.unlessInterrupted(ctx, err)
	}
	return errors.Join(f(), hold.Unlock())
}

// measure runs the measuring specs of a cell while it alone holds the machine lock, and journals the machine's noise.
func (d *dispatcher) measure(ctx context.Context, c *cell) error {
	if len(c.remaining(record.SpecPlan.Measures)) == 0 {
		return nil
	}
	if d.absent(c) != nil {
		return d.runSpecs(ctx, c, record.SpecPlan.Measures)
	}
	if d.Lock != "" {
		hold, err := lock.Alone(ctx, d.Lock, fmt.Sprintf("run %s: %s %s, round %d", d.Manifest.Run, c.Target, c.Item, c.Round), d.Waiting)
		if err != nil {
			return d.unlessInterrupted(ctx, err)
		}
		defer hold.Unlock() //nolint:errcheck // closing the file releases the lock in any case
	}
	watch := noise.Begin(d.Noise)
	if err := d.runSpecs(ctx, c, record.SpecPlan.Measures); err != nil {
		return err
	}
	n, key := watch.End(), c.key()
	if d.Unlocked && n.Unfit == nil {
		why := record.Say("measured without the machine's lock: other runs may have disturbed it", "测量时未持有机器锁：可能受其他运行干扰")
		n.Unfit = &why
	}
	return d.journal.AppendEvent(&key, record.Event{Kind: record.KindNoise, Noise: &n})
}

// unlessInterrupted returns err, or nil if ctx is done: the specs that have no verdict yet can be run by `run --resume`.
func (d *dispatcher) unlessInterrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
