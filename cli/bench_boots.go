package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/boot"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites"
	"github.com/xcmatrix/xcmatrix/suites/abi"
)

type bootsOptions struct {
	targets []string
	times   int
	share   int
}

// bootsCommand returns the command that measures virtual machines: the time from start to the first event, and the cost of
// several suites in one machine.
func (a *app) bootsCommand() *cobra.Command {
	var o bootsOptions
	cmd := &cobra.Command{
		Use:     "boots",
		Short:   a.say("measure how long virtual machines take to boot", "测量虚拟机的启动时间"),
		Example: "  xcmatrix bench boots\n  xcmatrix bench boots --target loong64-vm --times 100",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.boots(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.targets, "target", []string{"*-vm"}, a.say("virtual machines, as globs", "虚拟机目标，可用通配符"))
	f.IntVar(&o.times, "times", 10, a.say("how often each is booted", "每台启动的次数"))
	f.IntVar(&o.share, "share", 10, a.say("suites one after the other in the first machine; 0 for none", "在第一台虚拟机中依次运行的套件数；0 表示不测"))
	return cmd
}

// bootsJSON is the output of bench boots --json.
type bootsJSON struct {
	Boots []boot.Figures `json:"boots"`
	Share *boot.Share    `json:"share,omitempty"`
}

func (a *app) boots(ctx context.Context, o bootsOptions) error {
	if o.times < 1 || o.share < 0 {
		return record.Wrongf("--times", "must be 1 or more, and --share 0 or more", "必须不小于 1，--share 不小于 0")
	}
	_, plan, _, err := a.plan(selection{targets: o.targets, rounds: 1})
	if err != nil {
		return err
	}
	builder, err := build.Here()
	if err != nil {
		return err
	}
	out, err := a.measureBoots(ctx, plan.Targets, builder, o)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(out)
	}
	return a.printBoots(out)
}

func (a *app) measureBoots(ctx context.Context, targets []matrix.Target, b *build.Builder, o bootsOptions) (out bootsJSON, err error) {
	list, err := suites.Specs(abi.Suite.Item, nil)
	if err != nil {
		return out, err
	}
	whole := boot.Options{Builder: b, Item: abi.Suite.Item, Specs: specIDs(list), Times: o.share}
	first := whole
	first.Specs, first.Times = whole.Specs[:1], o.times
	for _, t := range targets {
		if t.Run != "vm" {
			return out, record.Wrongf("--target", "%s is no virtual machine", "%s 不是虚拟机", t.ID)
		}
		machine, err := launch.TargetOf(t.Recorded(t.Key(false)))
		if err != nil {
			return out, err
		}
		figures, err := boot.Measure(ctx, machine, first)
		if err != nil {
			return out, err
		}
		out.Boots = append(out.Boots, figures)
		if !a.quiet {
			printf(a.err, "xcmatrix: %s: %d/%d, %s\n", t.ID, figures.Valid, figures.Boots, seconds(figures.Median))
		}
		if figures.Valid > 0 && out.Share == nil && o.share > 0 {
			share, err := boot.MeasureShare(ctx, machine, whole)
			if err != nil {
				return out, err
			}
			out.Share = &share
		}
	}
	return out, nil
}

func specIDs(list []record.SpecPlan) (ids []string) {
	for _, s := range list {
		ids = append(ids, s.ID)
	}
	return ids
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func (a *app) printBoots(out bootsJSON) error {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{a.say("boot to the first spec", "从启动到第一个检查项"), a.say("median", "中位数"), a.say("least", "最短"),
		a.say("most", "最长"), a.say("target", "目标"), a.say("valid", "有效")})
	for _, f := range out.Boots {
		if f.Missing != nil {
			t.AppendRow(row(f.Target, "miss", "", "", "", f.Missing.In(a.lang)))
			continue
		}
		limit := ""
		if f.TargetTime > 0 {
			limit = "≤ " + seconds(f.TargetTime)
		}
		t.AppendRow(row(f.Target, seconds(f.Median), seconds(f.Low), seconds(f.High), limit, fmt.Sprintf("%d/%d", f.Valid, f.Boots)))
	}
	printf(a.out, "%s\n", a.fitted(t))
	for _, f := range out.Boots {
		for _, why := range f.Invalid {
			printf(a.out, "%s %s\n", f.Target, why)
		}
	}
	if s := out.Share; s != nil {
		printf(a.out, a.say("%d suites in one guest (%s): %.1f %% over their own times and one boot; target < 10 %%\n",
			"同一虚拟机中依次运行 %d 个套件（%s）：比各自时间与一次启动之和多 %.1f %%；目标 < 10 %%\n"), s.Suites, s.Target, 100*s.Extra())
	}
	return nil
}
