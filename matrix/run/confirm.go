package run

import (
	"context"
	"io"
	"slices"

	"github.com/xcmatrix/xcmatrix/matrix/gotest"
	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// confirm runs what failed or skipped under an emulator again on a real kernel of the architecture, in a virtual machine, and
// records what that says: a test that passes there shows the emulator's fault, and one that fails there does not.
func (d *dispatcher) confirm(ctx context.Context, c *cell) error {
	t := d.targets[c.Target]
	if d.Confirm == nil || t.Name != "emulated" || ctx.Err() != nil {
		return nil
	}
	doubtful := c.doubtful()
	if len(doubtful) == 0 {
		return nil
	}
	for _, declared := range d.Confirm(t.Key.GOARCH) {
		v := &target{tests: &tests{}}
		err := v.prepareConfirmation(ctx, d, declared)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			if err := d.logUnconfirmed(c, declared.ID, err); err != nil {
				return err
			}
			continue
		}
		verdicts := d.probe(ctx, c, v, v.tests.payload.Payload, doubtful)
		if closer, ok := v.launcher.(io.Closer); ok {
			_ = closer.Close() // an error changes no verdict
		}
		if ctx.Err() != nil {
			return nil
		}
		return d.recordConfirmed(c, declared.ID, doubtful, verdicts)
	}
	return nil
}

// doubtful returns the tests that an emulator may get wrong: those that failed, or skipped.
func (c *cell) doubtful() []record.SpecPlan {
	wrong := []record.Verdict{record.Fail, record.Crash, record.Timeout, record.Skip}
	var specs []record.SpecPlan
	for _, s := range c.Specs {
		if slices.Contains(wrong, c.verdicts[s.ID]) && !builds(s) && !s.Measures() {
			specs = append(specs, s)
		}
	}
	return specs
}

// prepareConfirmation makes a virtual machine ready, with the payload of the tests for it.
func (t *target) prepareConfirmation(ctx context.Context, d *dispatcher, declared store.Target) error {
	var err error
	if t.Target, err = launch.TargetOf(declared); err != nil {
		return err
	}
	if t.launcher, err = launch.For(t.Target); err != nil {
		return err
	}
	if err = t.launcher.Ready(ctx, t.Target); err != nil {
		return err
	}
	t.tests.payload, err = d.Tests.Payload(ctx, t.Key, gotest.Guest)
	return err
}

// logUnconfirmed tells in the journal why a virtual machine could not be asked.
func (d *dispatcher) logUnconfirmed(c *cell, id string, err error) error {
	key, said := c.key(), record.Sayf("--confirm vm: %s cannot be asked: %s", "--confirm vm：无法使用 %s：%s", id, remote.Sentence(err))
	if d.Notice != nil {
		d.Notice(c.Target, said)
	}
	return d.journal.AppendEvent(&key, record.Event{Kind: record.KindLog, Log: &record.Log{Level: "warn", Text: said}})
}

// recordConfirmed records the findings that follow from the verdicts on a real kernel.
func (d *dispatcher) recordConfirmed(c *cell, id string, doubtful []record.SpecPlan, verdicts map[string]record.Verdict) error {
	for _, s := range doubtful {
		f := record.Finding{ID: s.ID, Subject: packageOf(s.ID), Severity: record.Medium}
		skips := c.verdicts[s.ID] == record.Skip
		switch v := verdicts[s.ID]; {
		case v == record.Pass && skips:
			f.ID, f.Severity, f.Cause = s.ID+record.SkippedSuffix, record.Low, record.CauseSkipped
			f.Evidence = "it skips under the emulator and passes on a real kernel, in " + id
		case v == record.Pass:
			f.Severity, f.Cause, f.Evidence = record.Low, record.CauseKernel, "it passes on a real kernel, in "+id
		case (v == record.Fail || v == record.Crash || v == record.Timeout) && !skips && (c.causes[s.ID] == "" || c.causes[s.ID] == record.CauseEmulator):
			f.Evidence = "on a real kernel, in " + id + ", it is " + string(v) + " too"
		default:
			continue
		}
		if err := d.recordFinding(c, s.ID, f); err != nil {
			return err
		}
	}
	return nil
}
