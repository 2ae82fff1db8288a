package history

import (
	"fmt"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render/plot"
)

// bars of a sparkline, lowest first.
var bars = []rune("▁▂▃▄▅▆▇█")

// Sparkline returns the medians as a row of bars, with a mark before each run at which the level changed.
func (t *Trend) Sparkline() string {
	low, high := t.extent(func(p Point) (float64, float64) { return p.Median, p.Median })
	var b strings.Builder
	for _, p := range t.Points {
		if p.Changed != nil {
			b.WriteByte('|')
		}
		i := len(bars) / 2
		if high > low {
			i = int((p.Median - low) / (high - low) * float64(len(bars)-1))
		}
		b.WriteRune(bars[i])
	}
	return b.String()
}

// extent returns the smallest low and the largest high of all points.
func (t *Trend) extent(of func(Point) (low, high float64)) (low, high float64) {
	for i, p := range t.Points {
		l, h := of(p)
		if i == 0 || l < low {
			low = l
		}
		if i == 0 || h > high {
			high = h
		}
	}
	return low, high
}

// In returns a sentence on a change in a language.
func (c *Change) In(lang string) string {
	word := words[c.Verdict]
	if c.Ratio == 0 {
		return record.Sayf("%s from here on: no ratio to 0 (p %.2g)", "自此%s：与 0 相比无比值（p %.2g）", word, c.P).In(lang)
	}
	return record.Sayf("%s from here on: %.3f times (p %.2g)", "自此%s：%.3f 倍（p %.2g）", word, c.Ratio, c.P).In(lang)
}

// In returns a sentence on a last run that lies apart, in a language.
func (a *Alone) In(lang string) string {
	word := words[a.Verdict]
	return record.Sayf("%s in the last run: %.3f times; one run, not yet a level", "最近一次运行%s：%.3f 倍；仅此一次，尚不构成新的水平",
		word, a.Ratio).In(lang)
}

var words = map[compare.Verdict]record.Sentence{
	compare.Faster: record.Say("faster", "更快"), compare.Slower: record.Say("slower", "更慢"),
	compare.HigherValue: record.Say("higher", "更高"), compare.LowerValue: record.Say("lower", "更低"),
}

// mostTicks is how many runs are named below the picture.
const mostTicks = 6

// SVG returns a picture of the medians with the range of their rounds, and of the changes, in a language.
func (t *Trend) SVG(lang string) string {
	medians := plot.Series{Line: plot.Straight}
	c := plot.Chart{Title: record.Say(fmt.Sprintf("%s @ %s, %s", t.Benchmark, t.Target, t.Unit), ""),
		X: plot.Axis{Label: record.Say("run", "运行")}, Y: plot.AxisOf(record.Say("median", "中位数"), t.Unit)}
	for i, p := range t.Points {
		medians.Points = append(medians.Points, plot.Point{X: float64(i), Y: p.Median, Low: p.Low, High: p.High,
			Title: fmt.Sprintf("%s %s: %.4g", p.Run, p.Commit, p.Median)})
		if change := p.Changed; change != nil {
			label := "0"
			if change.Ratio != 0 {
				label = fmt.Sprintf("×%.3f", change.Ratio)
			}
			c.Rules = append(c.Rules, plot.Rule{X: float64(i) - 0.5, Label: label, Meaning: meanings[change.Verdict]})
		}
		if i%((len(t.Points)+mostTicks-1)/mostTicks) == 0 {
			day, _, _ := strings.Cut(p.Run, "-") // ids of runs begin with the day
			c.X.Ticks = append(c.X.Ticks, plot.Tick{At: float64(i), Label: record.Say(day, "")})
		}
	}
	c.Series = []plot.Series{medians}
	return c.SVG(lang)
}

var meanings = map[compare.Verdict]plot.Meaning{compare.Faster: plot.Good, compare.Slower: plot.Bad}
