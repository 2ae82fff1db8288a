package run

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// target is a target that is ready, or why it is not.
type target struct {
	launch.Target
	launcher launch.Launcher
	payload  build.Payload
	absent   *record.SpecEnd // the verdict on all its specs, when it is not ready
}

// prepare looks at each target before anything is shipped, builds the payloads, and starts the services.
func (d *dispatcher) prepare(ctx context.Context, open []*cell) error {
	d.targets = map[string]*target{}
	for _, declared := range d.Manifest.Targets {
		key, err := build.ParseKey(declared.BuildKey, declared.GOOS, declared.GOARCH)
		if err != nil {
			return err
		}
		t := &target{Target: launch.Target{ID: declared.ID, Key: key, CPU: declared.CPU, Name: declared.Launcher,
			Served: d.served(declared.ID, open)}}
		if declared.Guest != nil {
			t.Guest = *declared.Guest
			t.Guest.Slots = max(t.Guest.Slots, d.slots(declared.ID, open))
		}
		d.targets[declared.ID] = t
	}
	if err := d.ready(ctx); err != nil {
		return err
	}
	for _, c := range open {
		if t := d.targets[c.Target]; t.absent == nil && c.payload != "" && c.payload != t.payload.Digest {
			if err := d.samePayload(c, t); err != nil {
				return err
			}
		}
	}
	return d.services.start(ctx, d.scratch, d.wanted(open), d.Services)
}

// served reports whether a target has cells to run whose payloads talk to services.
func (d *dispatcher) served(target string, open []*cell) bool {
	return slices.ContainsFunc(open, func(c *cell) bool { return c.Target == target && len(d.Services(c.Item)) > 0 })
}

// slots are how many a target's machine needs for the disks that its specs ask for.
func (d *dispatcher) slots(target string, open []*cell) int {
	most := 0
	for _, c := range open {
		if c.Target == target && d.Slots != nil {
			most = max(most, d.Slots(c.Item))
		}
	}
	return most
}

// ready fills every target's launcher and payload, or its verdict.
func (d *dispatcher) ready(ctx context.Context) error {
	var waiting sync.WaitGroup
	errs := make([]error, len(d.targets))
	i := 0
	for _, t := range d.targets {
		at := i
		i++
		waiting.Go(func() {
			err := t.prepare(ctx, d.Builder)
			var missing *record.Missing
			var problem *record.Problem
			switch {
			case err == nil:
			case errors.As(err, &missing):
				t.absent = &record.SpecEnd{Verdict: record.Miss, Detail: &missing.Reason, Remedy: &missing.Remedy}
			case errors.As(err, &problem), ctx.Err() != nil:
				errs[at] = err
			default:
				why := record.Sayf("%v", "%v", err)
				t.absent = &record.SpecEnd{Verdict: record.Error, Detail: &why}
			}
		})
	}
	waiting.Wait()
	return errors.Join(errs...)
}

func (t *target) prepare(ctx context.Context, b *build.Builder) error {
	var err error
	if t.launcher, err = launch.For(t.Target); err != nil {
		return err
	}
	if err := t.launcher.Ready(ctx, t.Target); err != nil {
		return err
	}
	if t.payload, err = b.Build(ctx, t.Key); err != nil || t.Name == "native" {
		return err
	}
	return t.payload.Alone()
}

// samePayload makes a resumed cell go on with the payload it began with.
func (d *dispatcher) samePayload(c *cell, t *target) error {
	p, ok := d.Builder.Cached(c.payload)
	if !ok {
		return record.Wrongf(d.journal.Dir, "this run was made with another payload (%.19s…) than the source now gives, and it is no longer in the cache: start a new run",
			"此运行使用的载荷（%.19s…）与当前源码不同，且缓存中已不存在：请开始新的运行", c.payload)
	}
	t.payload = p
	return nil
}

// wanted are the items with cells to run on targets that are ready.
func (d *dispatcher) wanted(open []*cell) []string {
	var items []string
	for _, c := range open {
		if d.targets[c.Target].absent == nil && !slices.Contains(items, c.Item) {
			items = append(items, c.Item)
		}
	}
	return items
}

// services are the parts that run beside the payloads.
type services struct {
	env   map[string][]string // what payloads are told, by item: each knows of its own item's servers
	stops []func()
}

// start starts the services of items. One that is missing is told to the payloads, whose specs then miss.
func (s *services) start(ctx context.Context, in *scratch, items []string, of func(string) []Service) error {
	started := map[string][]string{}
	s.env = map[string][]string{}
	for _, item := range items {
		for _, service := range of(item) {
			env, ok := started[service.Name()]
			if !ok {
				var err error
				if env, err = s.startOne(ctx, in, service); err != nil {
					return err
				}
				started[service.Name()] = env
			}
			s.env[item] = append(s.env[item], env...)
		}
	}
	return nil
}

func (s *services) startOne(ctx context.Context, in *scratch, service Service) (env []string, err error) {
	dir, err := in.make(service.Name())
	if err != nil {
		return nil, err
	}
	env, stop, err := service.Start(ctx, dir)
	if err == nil {
		s.stops = append(s.stops, stop)
		return env, nil
	}
	var missing *record.Missing
	if !errors.As(err, &missing) {
		if ctx.Err() != nil {
			return nil, err
		}
		missing = &record.Missing{Reason: record.Sayf("%s did not start: %v", "%s 未能启动：%v", service.Name(), err),
			Remedy: record.Say("run `xcmatrix doctor`", "运行 `xcmatrix doctor`")}
	}
	raw, err := json.Marshal(missing)
	return []string{record.MissingEnv(service.Name()) + "=" + string(raw)}, err
}

// stop stops what was started, the last first.
func (s *services) stop() {
	for _, stop := range slices.Backward(s.stops) {
		stop()
	}
	s.stops = nil
}

// closeLaunchers ends what launchers keep for the next process, such as a virtual machine.
func (d *dispatcher) closeLaunchers() {
	for _, t := range d.targets {
		if c, ok := t.launcher.(io.Closer); ok {
			_ = c.Close() // there is nobody left to use it
		}
	}
}
