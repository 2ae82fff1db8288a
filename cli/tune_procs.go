package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix/ab"
	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/results/median"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites"
)

// procsRow is a row of the table of GOMAXPROCS under a quota: medians of some rounds.
type procsRow struct {
	GOMAXPROCS string  `json:"gomaxprocs"` // a number, or "automatic"
	Chosen     float64 `json:"chosen"`     // the number that Go chose, where it is automatic
	Seconds    float64 `json:"seconds"`    // for work that takes 0.6 seconds of CPU time
	P99        float64 `json:"p99_seconds"`
	Throttled  float64 `json:"throttled_percent"` // of the quota's periods
	Rounds     int     `json:"rounds"`
}

func (a *app) tuneProcsCommand() *cobra.Command {
	rounds := 3
	cmd := &cobra.Command{
		Use:   "procs",
		Short: a.say("show what GOMAXPROCS costs under a quota of half a processor", "显示在半个处理器的配额下 GOMAXPROCS 的影响"),
		Long: a.say(`Does the same work with GOMAXPROCS of 1, 2, 4, 8 and the one that Go chooses, in processes of their own in a control group that may
use half of a processor, and prints how long it took, the 99th percentile of a task of one millisecond, and how many of the
quota's periods were throttled. It needs a place where it may make a control group with the controller cpu.`,
			`在配额为半个处理器的控制组中，分别以 GOMAXPROCS 为 1、2、4、8 及 Go 自动选择的值完成相同的工作（均为新进程），显示耗时、1 毫秒任务耗时
的第 99 百分位数，以及被限流的配额周期比例。需要可创建带 cpu 控制器的控制组。`),
		Example: "  xcmatrix tune procs\n  xcmatrix tune procs --rounds 5 --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if rounds < 1 || rounds > 100 {
				return record.Wrongf("--rounds", "must be 1 to 100", "必须为 1 至 100")
			}
			return a.tuneProcs(cmd.Context(), rounds)
		},
	}
	cmd.Flags().IntVar(&rounds, "rounds", rounds, a.say("processes for each value", "每个值的进程数"))
	return cmd
}

func (a *app) tuneProcs(ctx context.Context, rounds int) error {
	side, err := a.side("default", "", "")
	if err != nil {
		return err
	}
	specs, err := procsSpecs()
	if err != nil {
		return err
	}
	var absent error
	o := ab.Options{Item: "sched", Seed: 1, Memory: 1 << 30, Skipped: func(_ string, why record.Sentence) {
		absent = &record.Missing{Reason: why, Remedy: record.Say("run as root, or in a group that is delegated with this controller: systemd-run --user --scope -p Delegate=yes",
			"请以 root 运行，或在已委派该控制器的组中运行：systemd-run --user --scope -p Delegate=yes")}
	}}
	hold, err := lock.Alone(ctx, lock.Path(), "xcmatrix tune procs", a.waiting)
	if err != nil {
		return err
	}
	defer hold.Unlock() //nolint:errcheck // closing lets go in any case
	var samples []record.Sample
	for n := range rounds {
		for _, spec := range specs {
			o.Specs = []record.SpecPlan{spec}
			measured, err := o.Measure(ctx, side, n+1)
			if err == nil {
				err = absent
			}
			if err != nil {
				return err
			}
			samples = append(samples, measured.Samples...)
		}
		slices.Reverse(specs) // so that what drifts meanwhile disturbs all alike
	}
	rows := procsRows(samples)
	if a.json {
		return a.printJSON(rows)
	}
	a.showProcs(rows)
	return nil
}

// procsSpecs returns the specs of the table's rows.
func procsSpecs() (some []record.SpecPlan, err error) {
	all, err := suites.Specs("sched", nil)
	for _, s := range all {
		if strings.HasPrefix(s.ID, "quota / of half a processor with ") {
			some = append(some, record.SpecPlan{ID: s.ID})
		}
	}
	return some, err
}

// procsRows returns the rows by samples such as "quota=0.5/GOMAXPROCS=2/total", those with numbers first.
func procsRows(samples []record.Sample) (rows []procsRow) {
	values := map[string]map[string][]float64{}
	for _, s := range samples {
		name, what, _ := strings.Cut(strings.TrimPrefix(s.Name, "quota=0.5/GOMAXPROCS="), "/")
		if values[name] == nil {
			values[name] = map[string][]float64{}
			rows = append(rows, procsRow{GOMAXPROCS: name})
		}
		values[name][what] = append(values[name][what], s.Value)
	}
	for i := range rows {
		of := values[rows[i].GOMAXPROCS]
		middle := func(what string) float64 {
			if len(of[what]) == 0 {
				return 0
			}
			return median.Of(of[what])
		}
		rows[i].Rounds, rows[i].Chosen = len(of["total"]), middle("chosen")
		rows[i].Seconds, rows[i].P99, rows[i].Throttled = middle("total")/1e9, middle("task-p99")/1e9, middle("throttled")
	}
	slices.SortStableFunc(rows, func(x, y procsRow) int { return strings.Compare(x.GOMAXPROCS, y.GOMAXPROCS) })
	return rows
}

// showProcs prints the table for people.
func (a *app) showProcs(rows []procsRow) {
	printf(a.out, a.say("work of 0.6 s of CPU time, under a quota of half a processor: at least 1.2 s\n", "0.6 秒 CPU 时间的工作，配额为半个处理器：至少 1.2 秒\n"))
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"GOMAXPROCS", a.say("took", "耗时"), a.say("p99 of a 1 ms task", "1 毫秒任务的 p99"), a.say("periods throttled", "被限流的周期"), a.say("rounds", "轮次")})
	for _, r := range rows {
		name := r.GOMAXPROCS
		if r.Chosen > 0 {
			name = fmt.Sprintf(a.say("automatic: %.0f", "自动选择：%.0f"), r.Chosen)
		}
		t.AppendRow(row(name, fmt.Sprintf("%.2f s", r.Seconds), time.Duration(r.P99*1e9).Round(time.Millisecond/10).String(), fmt.Sprintf("%.0f %%", r.Throttled), r.Rounds))
	}
	printf(a.out, "%s\n", a.fitted(t))
}
