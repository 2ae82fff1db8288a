package cli

import (
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/gotest"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites"
)

func (a *app) planCommand() *cobra.Command {
	var o runOptions
	var out string
	cmd := &cobra.Command{
		Use:   "plan",
		Short: a.say("print what would run, and why the rest would not", "显示将要运行的单元，以及其余单元不运行的原因"),
		Long: a.say(`Prints the cells that would run, and for each that would not the reason. No payload is built and no suite started; but
emulators are asked for their version, and the go command for the DM8 driver, which it may download.

With --out it writes a plan for many machines: specs, rounds, seed, vectors, and the payloads, which it builds for their
digests. Each machine runs just that with run --plan, and the runs stand side by side line by line.`,
			`显示将要运行的单元，并给出其余单元不运行的原因。不构建测试程序，也不运行套件；但会查询模拟器的版本，
并由 go 命令查找（可能下载）达梦 DM8 驱动。

使用 --out 时写出供多台机器使用的计划文件：检查项、轮次、种子、向量，以及为取得摘要而构建的测试程序。
各机器用 run --plan 按此运行，结果可逐行对照。`),
		Example: "  xcmatrix plan\n  xcmatrix plan --target '*' --json\n  xcmatrix plan --suite crypto,abi --out lab.plan",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out != "" {
				return a.writePlan(cmd.Context(), o, out)
			}
			m, p, vars, err := a.plan(o.selection)
			if err != nil {
				return err
			}
			b, err := build.Here()
			if err != nil {
				return err
			}
			if err := linkDM(cmd.Context(), b, &p, vars); err != nil {
				return err
			}
			tests, err := a.plannedTests(m)
			if err != nil {
				return err
			}
			specs := func(c matrix.Cell) ([]record.SpecPlan, error) {
				if tests != nil && c.Item == gotest.Item {
					return tests.Specs(cmd.Context(), c.Key)
				}
				return suites.Specs(c.Item, vars)
			}
			return a.showPlan(p, specs, o.selection)
		},
	}
	o.selection.flags(a, cmd)
	cmd.Flags().StringVar(&out, "out", "", a.say("file to write a plan for many machines to", "写出供多台机器使用的计划文件"))
	cmd.Flags().Uint64Var(&o.seed, "seed", 0, a.say("seed of that plan (default: a new one)", "该计划的随机种子（默认新生成）"))
	return cmd
}

// planJSON is the output of plan --json.
type planJSON struct {
	Cells      []planCell     `json:"cells"`
	PassedOver []planPassed   `json:"passed_over"`
	Excluded   []planExcluded `json:"excluded"`
}

type planCell struct {
	Target   string `json:"target"`
	Item     string `json:"item"`
	Launcher string `json:"launcher"`
	Rounds   int    `json:"rounds"`
	BuildKey string `json:"build_key"`
	Specs    int    `json:"specs"`
}

// planPassed is a launcher that a target lists before the one that is used, and the reason why it cannot be used.
type planPassed struct {
	Target   string `json:"target"`
	Launcher string `json:"launcher"`
	Why      string `json:"why"`
}

type planExcluded struct {
	Target string `json:"target"`
	Item   string `json:"item"`
	Why    string `json:"why"`
}

func (a *app) showPlan(p matrix.Plan, specs func(matrix.Cell) ([]record.SpecPlan, error), s selection) error {
	keep, err := labels(s.label)
	if err != nil {
		return err
	}
	out := planJSON{Cells: []planCell{}, PassedOver: []planPassed{}, Excluded: []planExcluded{}}
	type counted struct{ item, key string }
	counts := map[counted]int{} // to list a suite's specs takes longer than all else here
	for _, c := range p.Cells {
		what := counted{c.Item, c.Key.String()}
		n, ok := counts[what]
		if !ok {
			if n, err = countSpecs(c, specs, keep); err != nil {
				return err
			}
			counts[what] = n
		}
		out.Cells = append(out.Cells, planCell{c.Target.ID, c.Item, c.Target.Run, c.Rounds, c.Key.String(), n})
	}
	for _, t := range p.Targets {
		for _, l := range t.PassedOver {
			out.PassedOver = append(out.PassedOver, planPassed{t.ID, l.Launcher, l.Why.In(a.lang)})
		}
	}
	for _, e := range p.Excluded {
		out.Excluded = append(out.Excluded, planExcluded{e.Target, e.Item, e.Why.In(a.lang)})
	}
	if a.json {
		return a.printJSON(out)
	}
	a.printPlan(out)
	return nil
}

// printPlan prints the cells that would run, and below them those that would not, with the reason.
func (a *app) printPlan(p planJSON) {
	var cells, passed, excluded []table.Row
	for _, c := range p.Cells {
		cells = append(cells, table.Row{c.Target, a.itemName(c.Item), c.Specs, c.Rounds, c.Launcher, c.BuildKey})
	}
	for _, l := range p.PassedOver {
		passed = append(passed, table.Row{l.Target, l.Launcher, l.Why})
	}
	for _, e := range groupExcluded(p.Excluded) {
		excluded = append(excluded, table.Row{e.Target, e.Item, e.Why})
	}
	a.printRows(table.Row{a.say("target", "目标"), a.say("item", "检测项目"), a.say("specs", "检查项"), a.say("rounds", "轮次"),
		a.say("launcher", "运行方式"), a.say("build key", "构建键")}, cells)
	a.printRows(table.Row{a.say("target", "目标"), a.say("launcher not taken", "未采用的运行方式"), a.say("why", "原因")}, passed)
	a.printRows(table.Row{a.say("not run", "不运行"), a.say("item", "检测项目"), a.say("why", "原因")}, excluded)
}

// printRows prints a table, unless it has no rows.
func (a *app) printRows(header table.Row, rows []table.Row) {
	if len(rows) == 0 {
		return
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(header)
	for _, r := range rows {
		t.AppendRow(row(r...))
	}
	printf(a.out, "%s\n", a.fitted(t))
}

func countSpecs(c matrix.Cell, specs func(matrix.Cell) ([]record.SpecPlan, error), keep func(record.SpecPlan) bool) (int, error) {
	list, err := specs(c)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, s := range list {
		if keep(s) {
			n++
		}
	}
	return n, nil
}

// groupExcluded returns one row for all items that a target does not run for the same reason.
func groupExcluded(all []planExcluded) []planExcluded {
	var rows []planExcluded
	for _, e := range all {
		i := slices.IndexFunc(rows, func(r planExcluded) bool { return r.Target == e.Target && r.Why == e.Why })
		if i < 0 {
			rows = append(rows, e)
			continue
		}
		rows[i].Item += " " + e.Item
	}
	return rows
}
