package report

import (
	"fmt"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// summary returns the sentences under the rows: the number of each verdict, the means, the control and the notes.
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
	s = append(s, counted(len(t.Rows), counts))
	for _, g := range t.Geomeans {
		add("geometric mean of %d ratios, %s in %s: %s (%s)", "%d 个比值的几何平均，%s，%s：%s（%s）", g.Benchmarks, g.Target, g.Unit,
			string(appendRatio(nil, g.Ratio)), string(appendInterval(nil, g.Low, g.High)))
	}
	if c := t.Control; c.Comparisons > 0 {
		add("control: of %d rows dealt anew from their own values %d (%.1f %%, interval %.1f–%.1f %%) got a verdict of difference, all others staying as they are",
			"对照：将各行自身的数值重新分配 %d 次（其余各行不变），其中 %d 次（%.1f %%，区间 %.1f–%.1f %%）被判为有差异", c.Comparisons, c.Differences,
			100*float64(c.Rate), 100*c.Low, 100*c.High)
	}
	if counts[compare.NotCompared] < len(t.Rows) {
		add("a verdict needs the %g %% interval beyond a change of %g %% and q up to %g (Benjamini-Hochberg over the rows of a unit)",
			"判定差异须 %g %% 区间完全超出 %g %% 的变化，且 q 不大于 %g（对同一单位的各行作 Benjamini-Hochberg 校正）", 100*t.Settings.Confidence,
			100*t.Settings.Delta, t.Settings.Discovery)
	}
	return s
}

// verdicts in the order of the summary.
var verdicts = []compare.Verdict{compare.Faster, compare.Slower, compare.HigherValue, compare.LowerValue, compare.NoDifference,
	compare.TooNoisy, compare.TooFew, compare.NotCompared}

// counted returns a sentence with the number of rows of each verdict. It leaves out rare verdicts with no rows.
func counted(rows int, counts map[compare.Verdict]int) record.Sentence {
	var en, zh []string
	for _, v := range verdicts {
		if rare := v == compare.HigherValue || v == compare.LowerValue || v == compare.TooFew; rare && counts[v] == 0 {
			continue
		}
		en = append(en, fmt.Sprintf("%d %s", counts[v], v))
		zh = append(zh, fmt.Sprintf("%s %d", words[string(v)].In("zh"), counts[v]))
	}
	return record.Say(fmt.Sprintf("%d rows: %s", rows, strings.Join(en, ", ")), fmt.Sprintf("共 %d 行：%s", rows, strings.Join(zh, "，")))
}
