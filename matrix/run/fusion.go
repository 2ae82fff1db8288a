package run

import (
	"context"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/gotest"
	"github.com/xcmatrix/xcmatrix/results/deadline"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// maxFusionSpecs bounds the failures of a cell for which a build without fused multiplications and additions is tried.
const maxFusionSpecs = 20

// proveFusion tries the tests that failed on a target whose compiler fuses multiplications and additions in a build that does
// not. A test that fails again as it is built, and passes there, gets a finding with that cause.
func (d *dispatcher) proveFusion(ctx context.Context, c *cell) error {
	t := d.targets[c.Target]
	var failed []record.SpecPlan
	for _, s := range c.Specs {
		if c.verdicts[s.ID] == record.Fail && !builds(s) && !s.Measures() && len(c.findings[s.ID]) == 0 {
			failed = append(failed, s)
		}
	}
	if len(failed) == 0 || len(failed) > maxFusionSpecs || !gotest.Fuses(t.Key) {
		return nil
	}
	var ids []string
	for _, s := range failed {
		ids = append(ids, s.ID)
	}
	unfused, ok, err := d.Tests.WithoutFusion(ctx, t.Key, t.where(), ids)
	if err != nil || !ok {
		return d.unlessInterrupted(ctx, err)
	}
	passing := d.probe(ctx, c, t, unfused, failed)
	failed = slices.DeleteFunc(failed, func(s record.SpecPlan) bool { return passing[s.ID] != record.Pass })
	if len(failed) == 0 {
		return nil
	}
	failing := d.probe(ctx, c, t, t.tests.payload.Payload, failed)
	for _, s := range failed {
		if failing[s.ID] != record.Fail {
			continue
		}
		f := record.Finding{ID: s.ID, Subject: packageOf(s.ID), Severity: record.Low, Cause: record.CauseFusion,
			Evidence: "fused multiply-add: it fails as it is built, each time, and passes built with -gcflags=-d=fmahash=n"}
		if err := d.recordFinding(c, s.ID, f); err != nil {
			return err
		}
	}
	return nil
}

// packageOf returns the import path of a test's package.
func packageOf(spec string) string { return path.Dir(strings.TrimPrefix(spec, record.ItemTest+"/")) }

// probe runs specs with a payload on a target, and returns their verdicts, by id. It journals nothing.
func (d *dispatcher) probe(ctx context.Context, c *cell, on *target, payload build.Payload, specs []record.SpecPlan) map[string]record.Verdict {
	verdicts := map[string]record.Verdict{}
	p := &process{dispatcher: d, cell: c, target: on, specs: specs}
	var err error
	if p.dir, err = d.scratch.make("probe"); err != nil {
		return verdicts
	}
	defer os.RemoveAll(p.dir)
	options := p.launchOptions(p.target.launcher.Describe(p.target.Target, payload))
	launched, err := p.target.launcher.Start(ctx, p.target.Target, payload, options)
	if err != nil {
		return verdicts
	}
	total := startDeadline
	for _, limit := range p.deadlines {
		total += limit
	}
	timer := deadline.AfterFunc(total, func() { launched.Kill(record.Say("the deadline passed", "已超过时限")) })
	defer timer.Stop()
	for in := record.NewReader(launched.Events()); ; {
		e, _, err := in.Next()
		if err != nil {
			break
		}
		if e.Kind == record.KindSpecEnd {
			verdicts[e.Spec] = e.End.Verdict
		}
	}
	launched.Wait()
	return verdicts
}
