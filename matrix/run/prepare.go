package run

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// target is a target with its launcher and payload, or with the verdict that its specs get if it cannot run.
type target struct {
	launch.Target
	launcher launch.Launcher
	payload  build.Payload
	machine  remote.Machine  // that runs the target's cells; nil for this machine
	absent   *record.SpecEnd // the verdict on all its specs; nil if the target can run
	suites   bool            // some of its cells are suites of this program
	noSuites *record.SpecEnd // the verdict on the specs of suites alone; nil if they can run
	tests    *tests          // the user's own tests; nil if none of its cells are those
}

// prepare checks the launcher of each target, builds the payloads, and starts the services. A target that cannot run is no
// error: its specs get a verdict. It returns an error for bad input, and if a service fails in another way than by being
// absent.
func (d *dispatcher) prepare(ctx context.Context, open []*cell) error {
	d.targets = map[string]*target{}
	for _, declared := range d.Manifest.Targets {
		launched, err := launch.TargetOf(declared)
		if err != nil {
			return err
		}
		t := &target{Target: launched}
		t.Served = d.served(declared.ID, open)
		if declared.Guest != nil {
			t.Guest.Slots = max(t.Guest.Slots, d.slots(declared.ID, open))
		}
		d.setKinds(t, open)
		d.targets[declared.ID] = t
	}
	if err := d.prepareTargets(ctx); err != nil {
		return err
	}
	for _, c := range open {
		if t := d.targets[c.Target]; t.absent == nil && c.payload != "" && c.payload != d.payload(c).Digest {
			if err := d.useEarlierPayload(c, t); err != nil {
				return err
			}
		}
	}
	return d.startServices(ctx, d.runnableItems(open))
}

// served reports whether a target has open cells whose payloads connect to services.
func (d *dispatcher) served(target string, open []*cell) bool {
	return slices.ContainsFunc(open, func(c *cell) bool { return c.Target == target && d.Served != nil && d.Served(c.Item) })
}

// slots returns how many slots for disks the target's virtual machine needs: the largest number that an item asks for.
func (d *dispatcher) slots(target string, open []*cell) int {
	most := 0
	for _, c := range open {
		if c.Target == target && d.Slots != nil {
			most = max(most, d.Slots(c.Item))
		}
	}
	return most
}

// prepareTargets sets the launcher and payload of every target, or its absent verdict. Targets are prepared in parallel.
func (d *dispatcher) prepareTargets(ctx context.Context) error {
	var waiting sync.WaitGroup
	errs := make([]error, len(d.targets))
	i := 0
	for _, t := range d.targets {
		at := i
		i++
		waiting.Go(func() {
			err := d.prepareTarget(ctx, t)
			if err == nil {
				err = t.prepareTests(ctx, d)
			}
			var missing *record.Missing
			var problem *record.Problem
			switch {
			case err == nil:
			case errors.As(err, &missing):
				t.absent = &record.SpecEnd{Verdict: record.Miss, Detail: &missing.Reason, Remedy: &missing.Remedy}
			case errors.As(err, &problem), ctx.Err() != nil:
				errs[at] = err
			default:
				reason := remote.Sentence(err)
				t.absent = &record.SpecEnd{Verdict: record.Error, Detail: &reason}
			}
		})
	}
	waiting.Wait()
	return errors.Join(errs...)
}

// prepareTarget sets the payload of the target, and its launcher or the machine that is reached by SSH.
func (d *dispatcher) prepareTarget(ctx context.Context, t *target) error {
	if remote.Elsewhere(t.Name) {
		return d.prepareMachine(ctx, t)
	}
	return t.prepare(ctx, d.Builder, d.building)
}

// building tells Options.Building that the payload of a build key begins to be built, once for each key. The function that
// it returns tells the end.
func (d *dispatcher) building(key build.Key) (built func()) {
	keys := map[build.Key]bool{}
	for _, t := range d.targets {
		if t.suites && !remote.Elsewhere(t.Name) {
			keys[t.Key] = true
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.Building == nil || d.built[key] {
		return func() {}
	}
	if d.built == nil {
		d.built = map[build.Key]bool{}
	}
	d.built[key] = true
	return d.Building(key.String(), len(d.built), len(keys))
}

// prepare sets the launcher and payload of the target. It returns a *record.Missing if something is absent.
func (t *target) prepare(ctx context.Context, b *build.Builder, building func(build.Key) func()) error {
	var err error
	if t.launcher, err = launch.For(t.Target); err != nil {
		return err
	}
	if err := t.launcher.Ready(ctx, t.Target); err != nil {
		return err
	}
	if !t.suites {
		return nil
	}
	built := building(t.Key)
	t.payload, err = b.Build(ctx, t.Key)
	built()
	if err == nil && t.Name != "native" {
		err = t.payload.CheckStatic()
	}
	var missing *record.Missing
	if errors.As(err, &missing) && t.tests != nil { // the user's own tests may run without the payload of the suites
		t.noSuites = &record.SpecEnd{Verdict: record.Miss, Detail: &missing.Reason, Remedy: &missing.Remedy}
		return nil
	}
	return err
}

// useEarlierPayload makes a resumed cell run with the payload of its earlier attempts. It returns a *record.Problem if that
// payload is no longer in the cache.
func (d *dispatcher) useEarlierPayload(c *cell, t *target) error {
	p, ok := d.Builder.Cached(c.payload)
	if !ok {
		return record.Wrongf(d.journal.Dir, "this run was made with another payload (%.19s…) than the source now gives, and it is no longer in the cache: start a new run",
			"此运行使用的测试程序（%.19s…）与当前源码不同，且缓存中已不存在：请开始新的运行", c.payload)
	}
	if d.isTests(c.Item) {
		p.Here = t.tests.payload.Here
		t.tests.payload.Payload = p
		return nil
	}
	t.payload = p
	return nil
}

// runnableItems returns the items of open cells whose targets can run, each once.
func (d *dispatcher) runnableItems(open []*cell) []string {
	var items []string
	for _, c := range open {
		if t := d.targets[c.Target]; t.absent == nil && t.machine == nil && !slices.Contains(items, c.Item) {
			items = append(items, c.Item)
		}
	}
	return items
}

// startServices starts the services of items, and keeps the environment of each item's payloads.
func (d *dispatcher) startServices(ctx context.Context, items []string) error {
	d.environment = func(string) []string { return nil }
	if d.StartServices == nil {
		return nil
	}
	environment, stop, err := d.StartServices(ctx, items, d.Variables, d.scratch.make)
	if err != nil {
		return err
	}
	d.environment, d.stopServices = environment, stop
	return nil
}

// closeLaunchers shuts down the virtual machines that launchers keep for the next process.
func (d *dispatcher) closeLaunchers() {
	for _, t := range d.targets {
		if c, ok := t.launcher.(io.Closer); ok {
			_ = c.Close() // an error changes no result
		}
	}
}
