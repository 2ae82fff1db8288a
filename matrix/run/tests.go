package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/gotest"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// tests are the user's own tests on one target.
type tests struct {
	payload gotest.Payload
	absent  *record.SpecEnd // the verdict on all that the build does not decide, where nothing carries them to the target
}

// setKinds sets which kinds of payloads the target needs for its open cells.
func (d *dispatcher) setKinds(t *target, open []*cell) {
	for _, c := range open {
		switch {
		case c.Target != t.ID:
		case d.isTests(c.Item):
			t.tests = &tests{}
		default:
			t.suites = true
		}
	}
}

// payload returns the payload that runs a cell.
func (d *dispatcher) payload(c *cell) build.Payload {
	t := d.targets[c.Target]
	if d.isTests(c.Item) && t.tests != nil {
		return t.tests.payload.Payload
	}
	return t.payload
}

// absent returns the verdict on all specs of a cell that cannot run, nil if it can.
func (d *dispatcher) absent(c *cell) *record.SpecEnd {
	t := d.targets[c.Target]
	switch {
	case t.absent != nil:
		return t.absent
	case d.isTests(c.Item):
		return t.tests.absent
	}
	return t.noSuites
}

// prepareTests builds the user's own tests for the target. It returns an error for bad input.
func (t *target) prepareTests(ctx context.Context, d *dispatcher) error {
	if t.tests == nil || t.launcher == nil && t.machine == nil {
		return nil
	}
	var err error
	var missing *record.Missing
	t.tests.payload, err = d.Tests.Payload(ctx, t.Key, t.where())
	if errors.As(err, &missing) {
		t.tests.absent = &record.SpecEnd{Verdict: record.Miss, Detail: &missing.Reason, Remedy: &missing.Remedy}
		return nil
	}
	return err
}

// where tells where the program starts that carries the tests.
func (t *target) where() gotest.Where {
	switch {
	case t.machine != nil:
		return gotest.Machine
	case t.Name == "vm":
		return gotest.Guest
	}
	return gotest.Here
}

// runTests runs the user's own tests of a cell: it records the verdicts of their build, runs the tests, and then asks for the
// verdicts that can wait.
func (d *dispatcher) runTests(ctx context.Context, c *cell) error {
	t := d.targets[c.Target].tests
	if err := d.recordEach(c, t.payload.Verdicts, t.payload.Findings); err != nil {
		return err
	}
	late := t.startLate(ctx)
	for _, filter := range d.sharingFilters(c) {
		if err := d.runSpecs(ctx, c, func(p record.SpecPlan) bool { return filter(p) && (!builds(p) || t.payload.Carried[p.ID]) }); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	if err := d.proveFusion(ctx, c); err != nil {
		return err
	}
	if err := d.confirm(ctx, c); err != nil {
		return err
	}
	return d.recordLate(ctx, c, late)
}

// recordLate records the verdicts that could wait, and one on what the build came to none for.
func (d *dispatcher) recordLate(ctx context.Context, c *cell, late func() (map[string]record.SpecEnd, error)) error {
	if len(c.remaining(builds)) == 0 {
		return nil
	}
	verdicts, err := late()
	if err != nil {
		return d.unlessInterrupted(ctx, err)
	}
	if err := d.recordEach(c, verdicts, nil); err != nil {
		return err
	}
	if end := d.absent(c); end != nil {
		return d.recordVerdicts(c, c.remaining(builds), *end)
	}
	why := record.Say("the build came to no verdict on it", "构建未给出该项的结论")
	return d.recordVerdicts(c, c.remaining(builds), record.SpecEnd{Verdict: record.Error, Detail: &why})
}

// startLate starts to ask for the verdicts that can wait, while the tests run. The function that it returns waits for them.
func (t *tests) startLate(ctx context.Context) (wait func() (map[string]record.SpecEnd, error)) {
	if t.payload.Late == nil {
		return func() (map[string]record.SpecEnd, error) { return nil, nil }
	}
	late := sync.OnceValues(func() (map[string]record.SpecEnd, error) { return t.payload.Late(ctx) })
	go late() //nolint:errcheck // whoever waits gets the error
	return late
}

// builds reports whether a spec is decided by the build, not by a process on the target.
func builds(p record.SpecPlan) bool { return slices.Contains(p.Labels, record.LabelBuild) }

// recordEach records verdicts, by spec id, and the findings behind them, for those of the cell's specs that have no verdict.
func (d *dispatcher) recordEach(c *cell, verdicts map[string]record.SpecEnd, findings map[string]record.Finding) error {
	for _, s := range c.Specs {
		if end, ok := verdicts[s.ID]; ok && !c.ended[s.ID] {
			if f, ok := findings[s.ID]; ok {
				if err := d.recordFinding(c, s.ID, f); err != nil {
					return err
				}
			}
			if err := d.recordVerdict(c, s.ID, end); err != nil {
				return err
			}
		}
	}
	return nil
}

// recordFinding writes a finding of the coordinator to the journal.
func (d *dispatcher) recordFinding(c *cell, spec string, f record.Finding) error {
	key := c.key()
	if err := d.journal.AppendEvent(&key, record.Event{Kind: record.KindFinding, Spec: spec, Finding: &f}); err != nil {
		return fmt.Errorf("finding on %s: %w", spec, err)
	}
	c.findings[spec] = append(c.findings[spec], f.ID)
	c.causes[spec] = f.Cause
	return nil
}
