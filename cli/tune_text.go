package cli

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/tuning"
)

// showAdvice prints the advice for people.
func (a *app) showAdvice(advice *tuning.Advice) {
	printf(a.out, a.say("workload %s, %s of memory, objective %s; %d processes on %s\n", "负载 %s，内存 %s，目标 %s；共 %d 个进程，机器 %s\n"),
		advice.Workload, tuning.Bytes(advice.Memory>>20<<20), advice.Objective, advice.Runs, advice.Chip)
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"", a.say("setting", "设置"), a.say("CPU time or rate", "CPU 时间或速率"), "p99", a.say("memory", "内存"), a.say("cycles", "回收次数"), ""})
	front := tuning.Front(advice.Points)
	points := slices.Clone(advice.Points)
	slices.SortStableFunc(points, func(x, y tuning.Point) int {
		return cmp.Compare(x.Of(advice.Objective).Cost(), y.Of(advice.Objective).Cost())
	})
	for _, p := range points {
		mark, why := "", ""
		if slices.ContainsFunc(front, func(f tuning.Point) bool { return f.Setting == p.Setting }) {
			mark = "*"
		}
		if p.Why != nil {
			why = p.Why.In(a.lang)
		}
		t.AppendRow(row(mark, p.Setting.String(), figureText(p.Throughput), figureText(p.P99), figureText(p.Memory), fmt.Sprintf("%.0f", p.Cycles), why))
	}
	printf(a.out, "%s\n%s\n", a.fitted(t), a.say("* on the Pareto front: no other setting is better in one figure and as good in the others", "* 位于帕累托前沿：没有其他设置在某项更优而其余各项不差"))
	for _, u := range advice.Untold {
		printf(a.out, a.say("not measured: %s: %s\n", "未测量：%s：%s\n"), u.Setting.String(), u.Why.In(a.lang))
	}
	printf(a.out, "\n%s\n", verdictText(advice).In(a.lang))
}

// figureText returns a figure with its unit; "" if it was not measured.
func figureText(f tuning.Figure) string {
	switch {
	case !f.Known():
		return ""
	case f.Unit == "B":
		return fmt.Sprintf("%.0f MiB", f.Value/(1<<20))
	case f.Unit == "ns" || f.Unit == "ns/load" || f.Unit == "cpu-ns/op":
		return time.Duration(f.Value).Round(10 * time.Nanosecond).String()
	}
	return fmt.Sprintf("%.4g %s", f.Value, f.Unit)
}

// verdictText returns the recommendation, or that there is none, with the gain that was measured.
func verdictText(a *tuning.Advice) record.Sentence {
	gain := record.Sayf("%.2f times as good as %s (%.2f to %.2f, 95 %%), by %d blocks of A B B A in new processes",
		"是%[2]s的 %.2[1]f 倍（95%% 区间 %.2[3]f 至 %.2[4]f），由 %[5]d 个 A B B A 区组（均为新进程）得出", a.Gain.Ratio, baselineText(a), a.Gain.Low, a.Gain.High, a.Blocks)
	switch {
	case a.Excess > 0 && a.Recommended == tuning.Default:
		return record.Sayf("no gain shown: %s; no setting that was measured does with less", "未显示收益：%s；所测设置均不能满足", excessText(a))
	case a.Verdict == tuning.Gain && a.Excess > 0:
		return record.Sayf("gain: %s; %s fits, and is %s", "有收益：%s；%s 可以满足，%s", excessText(a), a.Recommended, gain)
	case a.Excess > 0 && a.Candidate == a.Baseline:
		return record.Sayf("no gain shown: %s; of what was measured only %s fits: take it", "未显示收益：%s；所测设置中只有 %s 可以满足，请使用该设置", excessText(a), a.Recommended)
	case a.Excess > 0:
		return record.Sayf("no gain shown: %s; take %s, which fits; %s is %s", "未显示收益：%s；请使用可以满足的 %s；%s %s", excessText(a), a.Recommended, a.Candidate, gain)
	case a.Verdict == tuning.Gain:
		return record.Sayf("gain: %s is %s", "有收益：%s %s", a.Recommended, gain)
	case a.Candidate == tuning.Default:
		return record.Say("no gain shown: no other setting was better than the default; keep it", "未显示收益：没有比默认更好的设置，请保留默认设置")
	}
	return record.Sayf("no gain shown: the best other setting, %s, is %s; keep the default", "未显示收益：其余设置中最佳的 %s %s；请保留默认设置", a.Candidate, gain)
}

// baselineText names what the gain is over.
func baselineText(a *tuning.Advice) record.Sentence {
	if a.Baseline == tuning.Default {
		return record.Say("the default", "默认设置")
	}
	return record.Sayf("%s, the best without a limit that fits,", " %s（可以满足且不设上限的最佳设置）", a.Baseline)
}

// excessText says that the default takes too much memory.
func excessText(a *tuning.Advice) record.Sentence {
	return record.Sayf("the default takes %s, and may take %s", "默认设置占用 %s，而上限为 %s", tuning.Bytes(a.Excess>>20<<20), tuning.Bytes(a.Memory>>20<<20))
}
