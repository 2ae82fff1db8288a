package report

import (
	"fmt"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// summary is what stands under the rows: how many of each verdict, the means, the control and the notes.
func summary(t *compare.Table, why *reasons) []record.Sentence {
	var s []record.Sentence
	add := func(en, zh string, args ...any) { s = append(s, record.Sayf(en, zh, args...)) }
	for i, reason := range why.list {
		s = append(s, record.Say(fmt.Sprintf("[%d] %s", i+1, reason.En), fmt.Sprintf("[%d] %s", i+1, reason.In("zh"))))
	}
	for _, note := range t.Notes {
		if why.numbers[note.En] == 0 {
			s = append(s, note)
		}
	}
	counts := map[compare.Verdict]int{}
	for _, r := range t.Rows {
		counts[r.Verdict]++
	}
	add("%d rows: %d faster, %d slower, %d no difference shown, %d too noisy, %d not compared",
		"共 %d 行：更快 %d，更慢 %d，未显示差异 %d，噪声过大 %d，不予比较 %d", len(t.Rows), counts[compare.Faster],
		counts[compare.Slower], counts[compare.NoDifference], counts[compare.TooNoisy], counts[compare.NotCompared])
	for _, g := range t.Geomeans {
		add("geometric mean of %d ratios, %s in %s: %s (%s)", "%d 个比值的几何平均，%s，%s：%s（%s）", g.Benchmarks, g.Target, g.Unit,
			string(appendRatio(nil, g.Ratio)), string(appendInterval(nil, g.Low, g.High)))
	}
	if c := t.Control; c.Comparisons > 0 {
		add("control: of %d comparisons of these data with themselves %d (%.1f %%, interval %.1f–%.1f %%) gave a verdict of difference",
			"对照：以本数据与自身比较 %d 次，其中 %d 次（%.1f %%，区间 %.1f–%.1f %%）误判为有差异", c.Comparisons, c.Differences,
			100*float64(c.Rate), 100*c.Low, 100*c.High)
	}
	if counts[compare.NotCompared] < len(t.Rows) {
		add("a verdict needs the %g %% interval beyond 1 ± %g %% and q up to %g (Benjamini-Hochberg over the table)",
			"判定差异须 %g %% 区间完全超出 1 ± %g %%，且 q 不大于 %g（对全表作 Benjamini-Hochberg 校正）", 100*t.Settings.Confidence,
			100*t.Settings.Delta, t.Settings.Discovery)
	}
	return s
}
