package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/perf/benchmath"

	"github.com/xcmatrix/xcmatrix/matrix/ab"
	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
)

type aaOptions struct {
	suite       string
	specs       []string
	rounds      int
	comparisons int
	rules       compare.Options
}

// aaCommand returns the command that checks the rules of comparing on this machine: it compares the same code under two
// labels, so that each verdict of a difference is wrong.
func (a *app) aaCommand() *cobra.Command {
	var o aaOptions
	cmd := &cobra.Command{
		Use:     "aa",
		Short:   a.say("compare this machine with itself: how many verdicts are false", "让本机与自身比较，统计误判比例"),
		Example: "  xcmatrix compare aa --suite crypto\n  xcmatrix compare aa --suite gc --comparisons 400",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.aa(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.IntVar(&o.rounds, "rounds", 5, a.say("rounds of each label", "每个标签的轮次"))
	f.IntVar(&o.comparisons, "comparisons", 200, a.say("comparisons at least", "最少比较次数"))
	measuredFlags(a, cmd, &o.suite, &o.specs)
	ruleFlags(a, cmd, &o.rules)
	return cmd
}

// aa repeats an experiment, with o.rounds rounds of each label, until there are o.comparisons comparisons.
func (a *app) aa(ctx context.Context, o aaOptions) error {
	if err := o.rules.Check(); err != nil {
		return err
	}
	sideA, err := a.side("A", "", "")
	if err != nil {
		return err
	}
	sideB := sideA
	sideB.Label = "B"
	set := &series.Set{By: series.File}
	err = a.measureAlone(ctx, o.suite, o.specs, func(both ab.Options) error {
		for trial := 1; trial == 1 || len(set.Rows) < o.comparisons; trial++ {
			samples, err := ab.Alternate(ctx, sideA, sideB, o.rounds, both)
			if err != nil {
				return err
			}
			one, _ := series.Collect(samples, series.File)
			for i := range one.Rows {
				one.Rows[i].On = fmt.Sprint(trial)
			}
			if len(one.Rows) == 0 {
				return record.Wrongf("--suite", "%s measured nothing", "%s 没有任何测量", o.suite)
			}
			set.Columns, set.Rows = one.Columns, append(set.Rows, withoutRates(one.Rows)...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	table, err := compare.Compare(set, o.rules)
	if err != nil {
		return err
	}
	return a.showAA(set, table)
}

// withoutRates returns the rows without those in bytes per second whose operation has a row with its time too: both are
// the same comparison.
func withoutRates(rows []series.Row) []series.Row {
	timed := map[string]bool{}
	for _, r := range rows {
		timed[r.Name] = timed[r.Name] || r.Unit == "sec/op"
	}
	return slices.DeleteFunc(rows, func(r series.Row) bool { return r.Unit == "B/s" && timed[r.Name] })
}

// aaResult is the number of wrong results of one way of comparing.
type aaResult struct {
	Way         string  `json:"way"`
	Comparisons int     `json:"comparisons"`
	Wrong       int     `json:"wrong"`
	Low         float64 `json:"low"`
	High        float64 `json:"high"`
}

func (a *app) showAA(set *series.Set, t *compare.Table) error {
	verdicts, outside := 0, 0
	for _, r := range t.Rows {
		if r.Verdict.Difference() {
			verdicts++
		}
		if r.Low > 1 || r.High < 1 {
			outside++
		}
	}
	n := len(t.Rows)
	results := []aaResult{
		newAAResult(a.say("verdicts of difference by these rules", "按本规则判定有差异"), verdicts, n),
		newAAResult(a.say("intervals that exclude 1", "区间不含 1"), outside, n),
		newAAResult(a.say("benchmath on all rounds in one heap, p < 0.05", "benchmath 合并所有轮次，p < 0.05"), pooledDifferences(set), n),
	}
	if a.json {
		return a.printJSON(results)
	}
	for _, r := range results {
		printf(a.out, a.say("%s: %d of %d, %.1f %% (95 %% interval %.1f–%.1f %%)\n", "%s：%d / %d，%.1f %%（95 %% 区间 %.1f–%.1f %%）\n"),
			r.Way, r.Wrong, r.Comparisons, 100*part(r.Wrong, r.Comparisons), 100*r.Low, 100*r.High)
	}
	return nil
}

func newAAResult(way string, k, n int) aaResult {
	low, high := compare.Proportion(k, n, 0.95)
	return aaResult{strings.TrimSpace(way), n, k, low, high}
}

// pooledDifferences returns the number of rows that benchstat, which pools the samples of all rounds, would call
// different.
func pooledDifferences(set *series.Set) int {
	n := 0
	for _, row := range set.Rows {
		var heaps []*benchmath.Sample
		for _, c := range row.Cells {
			heaps = append(heaps, benchmath.NewSample(slices.Concat(c.Rounds...), &benchmath.DefaultThresholds))
		}
		if len(heaps) == 2 && benchmath.AssumeNothing.Compare(heaps[0], heaps[1]).P < benchmath.DefaultThresholds.CompareAlpha {
			n++
		}
	}
	return n
}
