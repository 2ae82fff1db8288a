package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/synthetic"
	"github.com/xcmatrix/xcmatrix/results/record"
)

type powerOptions struct {
	comparisons int
	structure   string
	rows        []int
	markdown    bool
	rules       compare.Options
}

func (a *app) powerCommand() *cobra.Command {
	var o powerOptions
	cmd := &cobra.Command{
		Use:   "power",
		Short: a.say("print how often the rules find a change, on made-up data of which the truth is known", "在已知真相的合成数据上，显示规则的检出率与误判率"),
		Example: `  xcmatrix compare power --markdown
  xcmatrix compare power --structure 'drift*' --comparisons 500`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.power(cmd.Context(), o) },
	}
	cmd.Flags().IntVar(&o.comparisons, "comparisons", 2000, a.say("rows that are judged for each figure, at least", "每个数值至少判定的行数"))
	cmd.Flags().StringVar(&o.structure, "structure", "*", a.say("only these structures, a glob", "仅这些结构（通配符）"))
	cmd.Flags().IntSliceVar(&o.rows, "rows", synthetic.Rows, a.say("rows of a table", "表的行数"))
	cmd.Flags().BoolVar(&o.markdown, "markdown", false, a.say("as Markdown", "输出 Markdown"))
	ruleFlags(a, cmd, &o.rules)
	return cmd
}

func (a *app) power(ctx context.Context, o powerOptions) error {
	if err := o.rules.Check(); err != nil {
		return err
	}
	if o.comparisons < 1 || o.comparisons > 1_000_000 {
		return record.Wrongf("--comparisons", "%d is not a whole number from 1 to 1000000", "%d 不是 1 到 1000000 之间的整数", o.comparisons)
	}
	var trials []synthetic.Trial
	if slices.ContainsFunc(o.rows, func(n int) bool { return n < 1 || n > 100_000 }) {
		return record.Wrongf("--rows", "%v are not whole numbers from 1 to 100000", "%v 不全是 1 到 100000 之间的整数", o.rows)
	}
	for _, trial := range synthetic.Trials(o.rows) {
		if ok, err := path.Match(o.structure, trial.Name); err != nil {
			return record.Wrongf("--structure", "%q is not a glob", "%q 不是有效的通配符", o.structure)
		} else if ok {
			trials = append(trials, trial)
		}
	}
	if len(trials) == 0 {
		return record.Wrongf("--structure", "%q is none of %s", "%q 不是 %s 之一", o.structure, structures())
	}
	outcomes, err := a.tryAll(ctx, trials, o)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"rows": powerRows(outcomes)})
	}
	a.showPower(outcomes, o.markdown)
	return nil
}

// powerRow is the result for one structure of the data in compare power --json. Shares are between 0 and 1; those that
// were not tried are absent.
type powerRow struct {
	Structure  string              `json:"structure"`
	Rounds     int                 `json:"rounds"`
	Longer     int                 `json:"rounds_of_the_other,omitempty"` // where it has more
	Samples    int                 `json:"samples"`
	Rows       int                 `json:"rows"`
	Compared   int                 `json:"compared"` // rows that are alike, of all tables
	False      compare.Number      `json:"false_verdicts"`
	Holds      compare.Number      `json:"intervals_that_hold"`
	Depends    compare.Number      `json:"said_to_depend"`
	Detectable float64             `json:"detectable"` // share of change, the median of what the tables say
	FoundAt    compare.Number      `json:"found_at_detectable"`
	Heap       compare.Number      `json:"heap_false"` // false verdicts of a rank test on all samples
	Changes    [2]powerChangeShare `json:"changes"`
}

type powerChangeShare struct {
	Change float64        `json:"change"`
	Found  compare.Number `json:"found"`
	Welch  compare.Number `json:"welch"`
}

func powerRows(outcomes []synthetic.Outcome) (rows []powerRow) {
	of := func(s synthetic.Share) compare.Number { return compare.Number(s.Of()) }
	for _, o := range outcomes {
		row := powerRow{Structure: o.Name, Rounds: o.Rounds, Longer: o.Longer, Samples: o.Samples, Rows: o.Trial.Rows, Compared: o.False.N,
			False: of(o.False), Holds: of(o.Holds), Depends: of(o.Depends), Detectable: o.Typical, FoundAt: of(o.Detectable), Heap: of(o.Heap)}
		for i, c := range o.Changed {
			row.Changes[i] = powerChangeShare{synthetic.Changes[i], of(c.Found), of(c.Welch)}
		}
		rows = append(rows, row)
	}
	return rows
}

func structures() string {
	var names []string
	for _, s := range synthetic.Structures() {
		names = append(names, s.Name)
	}
	return strings.Join(names, "; ")
}

// tryAll runs the trials, as many at a time as there are processors. Each trial has its own seed, so that the table is the
// same on every machine.
func (a *app) tryAll(ctx context.Context, trials []synthetic.Trial, o powerOptions) ([]synthetic.Outcome, error) {
	outcomes, errs := make([]synthetic.Outcome, len(trials)), make([]error, len(trials))
	var next, done atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(trials); i = int(next.Add(1)) - 1 {
				outcomes[i], errs[i] = trials[i].Run(ctx, o.comparisons, o.rules, o.rules.Seed+uint64(i))
				if n := done.Add(1); !a.quiet {
					printf(a.err, "[%d/%d] %s, %d × %d, %d\n", n, len(trials), trials[i].Name, trials[i].Rounds, trials[i].Samples, trials[i].Rows)
				}
			}
		})
	}
	wg.Wait()
	return outcomes, cmp.Or(ctx.Err(), errors.Join(errs...))
}

// showPower prints a line for each trial.
func (a *app) showPower(outcomes []synthetic.Outcome, markdown bool) {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.SetOutputMirror(a.out)
	head := table.Row{a.say("how rounds and samples scatter", "轮次与样本的波动方式"), a.say("rounds", "轮次"), a.say("rows", "行数"),
		a.say("false verdicts", "误判"), a.say("intervals that hold", "区间覆盖真值"), a.say("said to depend", "判为不独立"),
		a.say("detectable", "可检出"), a.say("found at it", "该幅度的检出率")}
	for _, change := range synthetic.Changes {
		head = append(head, "+"+share(change), "Welch")
	}
	t.AppendHeader(append(head, a.say("one heap: false", "合并为一堆时的误判")))
	for _, o := range outcomes {
		count := fmt.Sprint(o.Rounds)
		if o.Longer > 0 {
			count = fmt.Sprintf("%d, %d", o.Rounds, o.Longer)
		}
		row := table.Row{a.structure(o.Name), count, o.Trial.Rows, percent(o.False), percent(o.Holds), percent(o.Depends), share(o.Typical), percent(o.Detectable)}
		for _, c := range o.Changed {
			row = append(row, percent(c.Found), percent(c.Welch))
		}
		t.AppendRow(append(row, percent(o.Heap)))
	}
	if markdown {
		t.RenderMarkdown()
	} else {
		t.Render()
	}
}

// structure returns the name of a structure of the data in the user's language.
func (a *app) structure(name string) string {
	zh := map[string]string{"independent, 2 %": "独立，2 %", "independent, 10 %": "独立，10 %", "drift 2 %, within 2 %": "轮间 2 %，轮内 2 %",
		"drift 5 %, within 5 %": "轮间 5 %，轮内 5 %", "drift 10 %, within 2 %": "轮间 10 %，轮内 2 %", "autoregressive 0.9": "自回归 0.9",
		"autoregressive 0.95": "自回归 0.95", "turbo of a round, 15 %": "按轮睿频，15 %", "turbo of a sample, 15 %": "按样本睿频，15 %",
		"Pareto": "帕累托", "Cauchy": "柯西", "ticks of 1 %": "时钟步长 1 %", "two values, 10 % apart": "两个取值，相差 10 %",
		"drift 5 %, against 50 rounds": "轮间 5 %，对 50 轮", "drift 5 %, one sample a round": "轮间 5 %，每轮一个样本"}
	return a.say(name, zh[name])
}

// percent returns a share of cases as text; "–" if there were no cases.
func percent(s synthetic.Share) string {
	if s.N == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*s.Of())
}

func part(k, n int) float64 {
	if n == 0 {
		return 0
	}
	return float64(k) / float64(n)
}

func share(v float64) string { return fmt.Sprintf("%.3g %%", 100*v) }
