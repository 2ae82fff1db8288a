package cli

import (
	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/results/joint"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

// asFlag adds the flag by which a run's machine is named by hand.
func (a *app) asFlag(cmd *cobra.Command, as *[]string) {
	cmd.Flags().StringArrayVar(as, "as", nil, a.say("NAME=RUN: call that run's machine NAME; may be repeated", "名称=运行：为该运行的机器命名；可重复"))
}

// loadAll reads the runs that the arguments name, the latest where they name none. What is wrong with some of them comes
// beside the others; where none can be read, it is the error.
func (a *app) loadAll(args, as []string) ([]joint.Named, []*record.Problem, error) {
	if len(args) == 0 {
		args = []string{"latest"}
	}
	inputs, err := joint.Inputs(args, as)
	if err != nil {
		return nil, nil, err
	}
	runs, problems, err := joint.Load(a.runs, inputs)
	if err == nil && len(runs) == 0 {
		err = problems[0]
		if len(problems) > 1 {
			err = a.printProblems(problems)
		}
	}
	return runs, problems, err
}

// load reads the runs that the arguments name as one.
func (a *app) load(args, as []string) (*store.Run, []*record.Problem, error) {
	runs, problems, err := a.loadAll(args, as)
	if err != nil {
		return nil, nil, err
	}
	return joint.Join(runs, isChip), problems, nil
}

// isChip reports whether the catalogue knows a chip under an id, and not only what architecture it is of.
func isChip(id string) bool {
	chip, ok := catalog.FindChip(id)
	return ok && chip.Kind == catalog.Real
}

// judged are the runs that the arguments name as one, with the waivers applied and every finding classed.
func (a *app) judged(args, as []string) (*store.Run, triage.Result, []*record.Problem, error) {
	run, problems, err := a.load(args, as)
	if err != nil {
		return nil, triage.Result{}, nil, err
	}
	result, err := a.judge(run)
	return run, result, problems, err
}
