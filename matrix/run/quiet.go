package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/matrix/noise"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// share has the machine together with others that check function, while f runs.
func (d *dispatcher) share(ctx context.Context, f func() error) error {
	if d.Lock == "" {
		return f()
	}
	hold, err := lock.Shared(ctx, d.Lock, d.Waiting)
	if err != nil {
		return d.unlessInterrupted(ctx, err)
	}
	return errors.Join(f(), hold.Unlock())
}

// measure runs a cell's measuring specs with the machine to itself, and journals how quiet it was meanwhile.
func (d *dispatcher) measure(ctx context.Context, c *cell) error {
	if len(c.left(record.SpecPlan.Measures)) == 0 {
		return nil
	}
	if d.targets[c.Target].absent != nil {
		return d.carry(ctx, c, record.SpecPlan.Measures)
	}
	if d.Lock != "" {
		hold, err := lock.Alone(ctx, d.Lock, fmt.Sprintf("%s %s, round %d", c.Target, c.Item, c.Round), d.Waiting)
		if err != nil {
			return d.unlessInterrupted(ctx, err)
		}
		defer hold.Unlock() //nolint:errcheck // closing lets go in any case
	}
	watch := noise.Begin(d.Noise)
	if err := d.carry(ctx, c, record.SpecPlan.Measures); err != nil {
		return err
	}
	n, key := watch.End(), c.key()
	return d.journal.AppendEvent(&key, record.Event{Kind: record.KindNoise, Noise: &n})
}

// unlessInterrupted drops an error that only says that the run is to end: what is left stays for a resumption.
func (d *dispatcher) unlessInterrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
