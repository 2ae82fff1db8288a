package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/xcmatrix/xcmatrix/matrix/gotest"
	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/matrix/run"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

// matrixFlag is what a command needs to find the machines of a run again that are reached by SSH; "" where there are none.
func (a *app) matrixFlag(machines map[string]remote.Machine) string {
	if len(machines) == 0 || a.matrix == "" {
		return ""
	}
	return " --matrix " + a.matrix
}

// nothingRan reports whether none of the user's own tests came to a verdict but miss.
func nothingRan(r *store.Run) bool {
	missed := false
	for _, c := range r.Cells {
		for _, s := range c.Specs {
			switch {
			case c.Item != gotest.Item || slices.Contains(s.Labels, record.LabelBuild):
			case s.Verdict != record.Miss:
				return false
			default:
				missed = true
			}
		}
	}
	return missed
}

// verdict returns the exit status for the verdicts and findings of a run.
func verdict(r *store.Run, found triage.Result) error {
	code := exitPass
	if found.New() > 0 {
		code = exitFound
	}
	for _, c := range r.Cells {
		for v, n := range c.Count() {
			switch {
			case n == 0:
			case v == record.Error:
				return &status{code: exitLost}
			}
		}
	}
	if code == exitPass {
		return nil
	}
	return &status{code: code}
}

// finishRun prints the tables of a run that has ended with err, and returns the exit status.
func (a *app) finishRun(ctx context.Context, o runOptions, options run.Options, done *store.Run, err error) error {
	a.printWithoutDM(ctx, options)
	found, errJudge := a.judge(done)
	if errJudge != nil {
		return errors.Join(err, errJudge)
	}
	if errShow := a.showRun(done, found, showOptions{format: cmp.Or(o.format, "text"), packed: o.packed}); errShow != nil {
		return errors.Join(err, errShow)
	}
	switch {
	case err != nil && ctx.Err() != nil && o.packed:
		return &status{exitLost, record.Wrongf("", "interrupted: the rest did not run", "已中断：其余部分未运行")}
	case err != nil && ctx.Err() != nil:
		return &status{exitLost, record.Wrongf("", "interrupted: `xcmatrix %[3]s%[2]s --resume %[1]s` does the rest",
			"已中断：用 `xcmatrix %[3]s%[2]s --resume %[1]s` 完成剩余部分", done.Manifest.Run, a.matrixFlag(options.Machines), o.verb())}
	case err != nil:
		return err
	}
	if o.tests != nil && options.Tests.Cover {
		if err := a.showCoverage(done); err != nil {
			return err
		}
	}
	if o.tests != nil && nothingRan(done) {
		return &status{exitLost, record.Wrongf("", "nothing ran: every test is `miss`; the table says why, and what to do",
			"没有运行任何测试：全部为 `miss`；原因与办法见表")}
	}
	return verdict(done, found)
}
