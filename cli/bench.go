package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/overhead"
	"github.com/xcmatrix/xcmatrix/suites"
	suite "github.com/xcmatrix/xcmatrix/suites/overhead"
)

type benchOptions struct {
	run   runOptions
	turns int
}

func (a *app) benchCommand() *cobra.Command {
	var o benchOptions
	cmd := &cobra.Command{
		Use:   "bench",
		Short: a.say("measure what the harness itself costs; with --suite, run that suite's benchmarks", "测量框架自身开销；给出 --suite 时运行该套件的基准测试"),
		Example: `  xcmatrix bench
  xcmatrix bench --suite crypto --target native --rounds 5`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(o.run.suites) > 0 {
				return a.benchSuites(cmd.Context(), o.run)
			}
			return a.bench(cmd.Context(), o)
		},
	}
	cmd.AddCommand(a.bootsCommand(), a.fidelityCommand())
	a.runFlags(&o.run, cmd)
	cmd.Flags().IntVar(&o.turns, "turns", 7, a.say("how often each figure is taken", "每个数值的测量次数"))
	return cmd
}

// benchSuites runs the benchmarks of suites, on this machine unless targets are named.
func (a *app) benchSuites(ctx context.Context, o runOptions) (err error) {
	if len(o.targets) == 0 {
		if o.targets, err = a.natives(); err != nil {
			return err
		}
	}
	o.label, o.format = "bench", "speed"
	return a.run(ctx, o)
}

// overheadJSON is the output of bench --json.
type overheadJSON struct {
	overhead.Figures
	FirstVerdict time.Duration `json:"first_verdict_ns"` // from a changed line to a verdict
}

func (a *app) bench(ctx context.Context, o benchOptions) error {
	builder, err := build.Here()
	if err != nil {
		return err
	}
	list, err := suites.Specs(suite.Suite.Item, nil)
	if err != nil {
		return err
	}
	var out overheadJSON
	out.Figures, err = overhead.Measure(ctx, overhead.Options{Builder: builder, Item: suite.Suite.Item, Specs: list, Turns: o.turns})
	if err != nil {
		return err
	}
	if out.FirstVerdict, err = overhead.FirstVerdict(ctx, builder.Source, "abi"); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(out)
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{a.say("what the harness costs", "框架开销"), a.say("median", "中位数"), a.say("target", "目标")})
	us := func(d time.Duration) string { return fmt.Sprintf("%.1f µs", float64(d)/1e3) }
	ms := func(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/1e6) }
	t.AppendRow(table.Row{a.say("bare payload, one spec", "裸测试程序，一个检查项"), ms(out.Start), ""})
	t.AppendRow(table.Row{a.say("bare payload, each further spec", "裸测试程序，每增加一个检查项"), us(out.BareSpec), ""})
	t.AppendRow(table.Row{a.say("in a run, beyond that, per cell", "在运行中，每单元额外开销"), ms(out.CellExtra), "< 150 ms"})
	t.AppendRow(table.Row{a.say("in a run, beyond that, per spec", "在运行中，每检查项额外开销"), us(out.SpecExtra), "< 50 µs"})
	t.AppendRow(table.Row{a.say("one changed line to the first verdict", "改一行到第一个结论"), ms(out.FirstVerdict), "< 3000 ms"})
	_, err = printf(a.out, "%s\n%s\n", a.fitted(t), fmt.Sprintf(a.say("%d turns, bare and in a run alternated, native",
		"共 %d 轮，裸测试程序与运行交替，实机"), out.Turns))
	return err
}
