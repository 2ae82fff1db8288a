package run

import (
	"context"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// runTestsThere has a machine that is reached by SSH run cells, among which are the user's own tests: what the build decides is
// recorded here. One program carries both the tests and the suites there.
func (d *dispatcher) runTestsThere(ctx context.Context, t *target, cells []*cell) error {
	if t.tests == nil {
		return d.runThere(ctx, t, cells)
	}
	late := t.tests.startLate(ctx)
	own := slices.DeleteFunc(slices.Clone(cells), func(c *cell) bool { return !d.isTests(c.Item) })
	for _, c := range own {
		if err := d.recordBuilt(c, t); err != nil {
			return err
		}
	}
	if t.tests.payload.Path != "" {
		t.payload = t.tests.payload.Payload
	}
	open := func(c *cell) bool { return len(c.remaining(d.runsThere(c))) > 0 }
	if slices.ContainsFunc(cells, open) {
		if err := d.runThere(ctx, t, cells); err != nil || ctx.Err() != nil {
			return err
		}
	}
	for _, c := range own {
		if err := d.recordLate(ctx, c, late); err != nil {
			return err
		}
	}
	return nil
}

// recordBuilt records the verdicts of the build, and on tests that cannot run over there.
func (d *dispatcher) recordBuilt(c *cell, t *target) error {
	if err := d.recordEach(c, t.tests.payload.Verdicts, t.tests.payload.Findings); err != nil {
		return err
	}
	if end := t.tests.absent; end != nil {
		return d.recordVerdicts(c, c.remaining(d.runsThere(c)), *end)
	}
	why := record.Say("no server is started on a machine that is reached by SSH for a product's own tests", "不会在通过 SSH 访问的机器上为产品自身的测试启动服务器")
	remedy := record.Say("run `xcmatrix run --target native` with this matrix on that machine", "请在该机器上以此矩阵运行 `xcmatrix run --target native`")
	needy := c.remaining(func(s record.SpecPlan) bool { return len(t.tests.payload.Needs[s.ID]) > 0 })
	return d.recordVerdicts(c, needy, record.SpecEnd{Verdict: record.Miss, Detail: &why, Remedy: &remedy})
}

// runsThere returns the filter of a cell's specs that processes on the target decide, not the build.
func (d *dispatcher) runsThere(c *cell) func(record.SpecPlan) bool {
	t := d.targets[c.Target]
	return func(s record.SpecPlan) bool { return !d.isTests(c.Item) || !builds(s) || t.tests.payload.Carried[s.ID] }
}
