package cli

import (
	"context"
	"runtime"
	"slices"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/gotest"
	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/matrix/noise"
	"github.com/xcmatrix/xcmatrix/matrix/planfile"
	"github.com/xcmatrix/xcmatrix/matrix/run"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/suites"
	"github.com/xcmatrix/xcmatrix/suites/database"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// repeat reports whether what does not measure runs in every round too: tests, of which several rounds are asked for.
func (o runOptions) repeat(tests *gotest.Product) bool {
	return o.tests != nil && tests.Bench == "" && o.rounds > 1
}

// options returns everything that a run needs.
func (a *app) options(ctx context.Context, o *runOptions) (run.Options, error) {
	var fixed planfile.File
	var digest string
	if o.plan != "" {
		var err error
		if fixed, digest, err = a.follow(o); err != nil {
			return run.Options{}, err
		}
	}
	m, plan, vars, err := a.plan(o.selection)
	if err != nil {
		return run.Options{}, err
	}
	if o.planned != nil {
		o.planned(plan.Targets)
	}
	if err := wrongKernels(ctx, plan.Targets); err != nil {
		return run.Options{}, err
	}
	if slices.Contains(plan.Items, database.Suite.Item) {
		if err := servers.CheckNames(vars); err != nil {
			return run.Options{}, err
		}
	}
	builder, err := build.Here()
	if err != nil {
		return run.Options{}, err
	}
	keep, err := specFilter(o.label, o.specs)
	if err != nil {
		return run.Options{}, err
	}
	limits, err := noise.Parse(o.noise)
	if err != nil {
		return run.Options{}, err
	}
	if o.seed == 0 {
		if o.seed, err = run.NewSeed(); err != nil {
			return run.Options{}, err
		}
	}
	if o.destructive != "" {
		if vars, err = mayDestroy(o.destructive, plan, vars, func(p record.SpecPlan) bool { return o.plan != "" || keep(p) }); err != nil {
			return run.Options{}, err
		}
	}
	given, err := suites.UserFiles(plan.Items, nil)
	if err != nil {
		return run.Options{}, err
	}
	config := testConfig(m, o.tests)
	tests, err := a.product(config, builder)
	if err != nil {
		return run.Options{}, err
	}
	confirm, err := confirmers(o.confirm, m)
	if err != nil {
		return run.Options{}, err
	}
	if o.announce && o.selectsAll() {
		o.expected = a.announce(plan, *o)
	}
	if err := linkDM(ctx, builder, &plan, vars); err != nil {
		return run.Options{}, err
	}
	var full []store.FullPlan
	if !slices.Equal(plan.Items, []string{gotest.Item}) { // of a module's own tests no suite says anything
		if full, err = suites.FullPlans(plan.Items, vars); err != nil {
			return run.Options{}, err
		}
	}
	now := time.Now().UTC()
	options := run.Options{Root: a.runs, Plan: plan, Builder: builder, Tests: tests, Keep: keep, Repeat: len(o.specs) > 0 || o.repeat(tests), Memory: o.memory << 20, Jobs: o.jobs,
		Specs:  func(item string) ([]record.SpecPlan, error) { return suites.Specs(item, vars) },
		Served: suites.HasServices, StartServices: startServices(servicesOf(tests)), Variables: vars, Reads: suites.Reads, Waits: suites.Waits, Slots: suites.DiskSlots, Lock: lock.Path(), Waiting: a.runWaiting, Noise: limits,
		Files: func(item string) map[string][]byte { return given[item] },
		Manifest: store.Manifest{Run: run.ID(now, o.seed), Created: now, Seed: o.seed, Tool: version(), Commit: builder.Commit(),
			Go: runtime.Version(), Matrix: m.Digest, Selection: selected(*o, plan, vars, given), Suites: full}}
	options.Confirm = confirm
	if o.noLock {
		options.Lock, options.Unlocked = "", true
	}
	if o.plan != "" {
		options.Keep, options.Repeat, options.Manifest.Plan = nil, fixed.Repeat, digest
		options.Specs = func(item string) ([]record.SpecPlan, error) {
			have, err := suites.Specs(item, vars)
			if err != nil {
				return nil, err
			}
			return fixed.Specs(item, have)
		}
		err = fits(ctx, builder, fixed, options.Manifest.Selection, plan)
	}
	return options, err
}
