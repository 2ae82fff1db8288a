package cli

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/synthetic"
)

type powerOptions struct {
	benchmarks int
	markdown   bool
	rules      compare.Options
}

func (a *app) powerCommand() *cobra.Command {
	var o powerOptions
	cmd := &cobra.Command{
		Use:     "power",
		Short:   a.say("print how often the rules find a change, on made-up data of which the truth is known", "在已知真相的合成数据上，显示规则的检出率与误判率"),
		Example: "  xcmatrix compare power --benchmarks 1000",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return a.power(o) },
	}
	cmd.Flags().IntVar(&o.benchmarks, "benchmarks", 1000, a.say("benchmarks of each line; a fifth of them change", "每行的基准测试数，其中五分之一有变化"))
	cmd.Flags().BoolVar(&o.markdown, "markdown", false, a.say("as Markdown", "输出 Markdown"))
	rules(a, cmd, &o.rules)
	return cmd
}

// powerRow is what came of one kind of machine and change, as others read it. Shares are of 1.
type powerRow struct {
	Between float64 `json:"between_rounds"` // relative deviation
	Within  float64 `json:"within_rounds"`
	Rounds  int     `json:"rounds"`
	Samples int     `json:"samples"`
	Change  float64 `json:"true_change"`
	Found   float64 `json:"found"`             // of the changed benchmarks
	False   float64 `json:"false_verdicts"`    // of the others
	Missed  float64 `json:"interval_misses"`   // of all
	Pooled  float64 `json:"pooled_rank_false"` // false verdicts of a rank test on all samples
	Of      int     `json:"benchmarks"`
}

func (a *app) power(o powerOptions) error {
	var rows []powerRow
	for i, trial := range synthetic.Table() {
		r, err := trial.Run(o.benchmarks, o.rules, o.rules.Seed+uint64(i))
		if err != nil {
			return err
		}
		rows = append(rows, powerRow{Between: trial.Drift, Within: trial.Within, Rounds: trial.Rounds, Samples: trial.Samples, Change: trial.Change,
			Found: part(r.Found, r.Changed), False: part(r.False, r.Unchanged), Missed: part(r.Missed, r.Changed+r.Unchanged),
			Pooled: part(r.Pooled, r.Unchanged), Of: r.Changed + r.Unchanged})
	}
	if a.json {
		return a.printJSON(map[string]any{"rows": rows})
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.SetOutputMirror(a.out)
	t.AppendHeader(table.Row{a.say("between rounds", "轮次之间"), a.say("within", "轮次之内"), a.say("rounds × samples", "轮次 × 样本"),
		a.say("true change", "真实变化"), a.say("found", "检出"), a.say("false verdicts", "误判"), a.say("interval misses", "区间未覆盖"),
		a.say("pooled rank test, false", "合并秩检验误判")})
	for _, r := range rows {
		t.AppendRow(table.Row{share(r.Between), share(r.Within), fmt.Sprintf("%d × %d", r.Rounds, r.Samples),
			"+" + share(r.Change), share(r.Found), share(r.False), share(r.Missed), share(r.Pooled)})
	}
	if o.markdown {
		t.RenderMarkdown()
	} else {
		t.Render()
	}
	return nil
}

func part(k, n int) float64 {
	if n == 0 {
		return 0
	}
	return float64(k) / float64(n)
}

func share(v float64) string { return fmt.Sprintf("%.3g %%", 100*v) }
