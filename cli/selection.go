package cli

import (
	"context"
	"slices"

	"github.com/onsi/ginkgo/v2/types"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/gotest"
	"github.com/xcmatrix/xcmatrix/matrix/machine"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// selection holds the flags that select a part of the matrix.
type selection struct {
	targets, suites []string
	label           string
	rounds          int
	roundsFlag      *pflag.Flag
	tests           bool // the user's own tests alone
}

// cellFlags adds the flags that select targets and suites.
func (s *selection) cellFlags(a *app, cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVar(&s.targets, "target", nil, a.say("targets, by name, or as globs over those that run by default, else over all", "目标：名称，或通配符（先匹配默认运行的目标，没有时匹配全部）"))
	f.StringSliceVar(&s.suites, "suite", nil, a.say("suites, as globs", "套件，可用通配符"))
}

// flags adds the flags that select targets, suites, specs and rounds.
func (s *selection) flags(a *app, cmd *cobra.Command) {
	s.cellFlags(a, cmd)
	f := cmd.Flags()
	f.StringVar(&s.label, "label", "", a.say("specs with these labels, as an expression: bench, !bench, deep", "按标签表达式选择检查项：bench、!bench、deep"))
	f.IntVar(&s.rounds, "rounds", 1, a.say("fresh processes for each suite that measures; 5 if only those are selected",
		"性能套件的轮次（每轮一个新进程）；只选择性能项时默认为 5"))
	s.roundsFlag = f.Lookup("rounds")
}

// declared reads the matrix file that --matrix names, else the one that ships with the program.
func (a *app) declared() (*matrix.Matrix, error) {
	if a.matrix != "" {
		return matrix.Load(a.matrix)
	}
	return matrix.Default()
}

// natives returns the ids of the targets that run on this machine itself: only their speed is comparable.
func (a *app) natives() ([]string, error) {
	m, err := a.declared()
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, t := range m.Targets {
		if t.Run == "native" {
			ids = append(ids, t.ID)
		}
	}
	return ids, nil
}

// plan reads the matrix and applies the selection. vars are the data source names of the servers that the matrix file
// names, for the suites.
func (a *app) plan(s selection) (m *matrix.Matrix, plan matrix.Plan, vars check.Variables, err error) {
	if m, err = a.declared(); err != nil {
		return nil, matrix.Plan{}, nil, err
	}
	if vars, err = databaseServers(m); err != nil {
		return nil, matrix.Plan{}, nil, err
	}
	var have, targets []string
	for _, suite := range suites.All() {
		have = append(have, suite.Item)
	}
	switch {
	case s.tests:
		m.Suites, have = []string{gotest.Item}, []string{gotest.Item}
	case m.Tests != nil:
		m.Suites, have = append(m.Suites, gotest.Item), append(have, gotest.Item)
	}
	for _, t := range m.Targets {
		targets = append(targets, t.ID)
	}
	if err := matrix.CheckGlobs("--target", s.targets, targets); err != nil {
		return nil, matrix.Plan{}, nil, err
	}
	if err := matrix.CheckGlobs("--suite", s.suites, have); err != nil {
		return nil, matrix.Plan{}, nil, err
	}
	if s.rounds < 1 {
		return nil, matrix.Plan{}, nil, record.Wrongf("--rounds", "must be 1 or more", "必须不小于 1")
	}
	rounds, err := s.howMany()
	if err != nil {
		return nil, matrix.Plan{}, nil, err
	}
	if err := m.ChooseLaunchers(func(t matrix.Target) error { return launchable(context.Background(), t) }); err != nil {
		return nil, matrix.Plan{}, nil, err
	}
	here := machine.Detect()
	plan, err = m.Plan(matrix.Selection{Targets: s.targets, Suites: s.suites, Rounds: rounds, Have: have,
		Features: here.Features, World: here.ABIWorld})
	return m, plan, vars, err
}

// measuredRounds is the least number of rounds that a comparison needs.
const measuredRounds = 5

// howMany returns the number of rounds: measuredRounds if only specs that measure are selected and --rounds is not given, which
// not every command has.
func (s *selection) howMany() (int, error) {
	keep, err := labels(s.label)
	switch {
	case err != nil:
		return 0, err
	case s.roundsFlag != nil && !s.roundsFlag.Changed && !keep(record.SpecPlan{}) && keep(record.SpecPlan{Labels: []string{"bench"}}):
		return measuredRounds, nil
	}
	return s.rounds, nil
}

var namesDeep = pattern.Of(`\b` + record.LabelDeep + `\b`)

// labels returns the function that selects specs by a label expression; "" selects all. Deep specs are selected only by an
// expression that names their label. The error for a wrong expression is a *record.Problem.
func labels(expression string) (func(record.SpecPlan) bool, error) {
	matches, err := labelFilter(expression)
	if err != nil || namesDeep().MatchString(expression) {
		return matches, err
	}
	return func(p record.SpecPlan) bool { return !p.Deep() && matches(p) }, nil
}

// specFilter returns the function that selects specs by a label expression and by ids. A spec that is named by its id may be a
// deep one. No ids: all that the expression selects.
func specFilter(expression string, ids []string) (func(record.SpecPlan) bool, error) {
	if len(ids) == 0 {
		return labels(expression)
	}
	matches, err := labelFilter(expression)
	return func(p record.SpecPlan) bool { return slices.Contains(ids, p.ID) && matches(p) }, err
}

// labelFilter returns the function that reports whether a label expression is true of a spec; "" is true of all.
func labelFilter(expression string) (func(record.SpecPlan) bool, error) {
	if expression == "" {
		return func(record.SpecPlan) bool { return true }, nil
	}
	filter, err := types.ParseLabelFilter(expression)
	if err != nil {
		return nil, record.Wrongf("--label", "%q is not a label expression: try bench, or !bench && slow",
			"%q 不是标签表达式：例如 bench 或 !bench && slow", expression)
	}
	return func(p record.SpecPlan) bool { return filter(p.Labels) }, nil
}
