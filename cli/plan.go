package cli

import (
	"fmt"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/results/record"
)

func (a *app) planCommand() *cobra.Command {
	var s selection
	cmd := &cobra.Command{
		Use:   "plan",
		Short: a.say("print what would run, and why the rest would not", "显示将要运行的单元，以及其余单元不运行的原因"),
		Long: a.say(`Prints the cells that would run, and for each that would not the reason. Nothing is built or started.`,
			`显示将要运行的单元，并给出其余单元不运行的原因。不构建，也不启动任何东西。`),
		Example: "  xcmatrix plan\n  xcmatrix plan --target '*' --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, p, err := a.plan(s)
			if err != nil {
				return err
			}
			if err := a.foresee(cmd.Context(), &p); err != nil {
				return err
			}
			return a.showPlan(p, s)
		},
	}
	s.flags(a, cmd)
	return cmd
}

// planJSON is the plan as others read it.
type planJSON struct {
	Cells    []planCell     `json:"cells"`
	Excluded []planExcluded `json:"excluded"`
}

type planCell struct {
	Target   string `json:"target"`
	Item     string `json:"item"`
	Rounds   int    `json:"rounds"`
	BuildKey string `json:"build_key"`
	Specs    int    `json:"specs"`
}

type planExcluded struct {
	Target string `json:"target"`
	Item   string `json:"item"`
	Why    string `json:"why"`
}

func (a *app) showPlan(p matrix.Plan, s selection) error {
	keep, err := labels(s.label)
	if err != nil {
		return err
	}
	out := planJSON{Cells: []planCell{}, Excluded: []planExcluded{}}
	for _, c := range p.Cells {
		n, err := countSpecs(c.Item, keep)
		if err != nil {
			return err
		}
		out.Cells = append(out.Cells, planCell{c.Target.ID, c.Item, c.Rounds, c.Key.String(), n})
	}
	for _, e := range p.Excluded {
		out.Excluded = append(out.Excluded, planExcluded{e.Target, e.Item, e.Why.In(a.lang)})
	}
	if a.json {
		return a.printJSON(out)
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{a.say("target", "目标"), a.say("item", "项"), a.say("specs", "检查项"), a.say("rounds", "轮次"), a.say("build key", "构建键")})
	for _, c := range out.Cells {
		t.AppendRow(table.Row{c.Target, a.itemName(c.Item), c.Specs, c.Rounds, c.BuildKey})
	}
	fmt.Fprintln(a.out, t.Render())
	if len(out.Excluded) == 0 {
		return nil
	}
	t = table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{a.say("not run", "不运行"), a.say("item", "项"), a.say("why", "原因")})
	for _, e := range together(out.Excluded) {
		t.AppendRow(table.Row{e.Target, e.Item, e.Why})
	}
	fmt.Fprintln(a.out, t.Render())
	return nil
}

func countSpecs(item string, keep func(record.SpecPlan) bool) (int, error) {
	list, err := specs(item)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, s := range list {
		if keep == nil || keep(s) {
			n++
		}
	}
	return n, nil
}

// together puts the items that one target does not run for one reason into one row.
func together(all []planExcluded) []planExcluded {
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
