package figure

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/render/plot"
)

// shares are the quantiles that names may have.
var shares = map[string]float64{"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999, "p99.99": 0.9999, "max": 1}

// quantileOf returns what the last word of a name is the quantile of, and which one: "stop-p99".
func quantileOf(last string) (of, quantile string, is bool) {
	of, quantile = "", last
	if i := strings.LastIndexByte(last, '-'); i >= 0 {
		of, quantile = last[:i], last[i+1:]
	}
	_, is = shares[quantile]
	return of, quantile, is
}

// measured is what a plot of quantiles shows, by the word before the quantile.
func measured(of string) record.Sentence {
	switch of {
	case "":
		return record.Say("time of an operation", "单次操作耗时")
	case "stop":
		return record.Say("stops of the world", "全局停顿（STW）时间")
	case "latency":
		return record.Say("latency", "时延")
	case "task":
		return record.Say("time of a task", "任务耗时")
	}
	return record.Say(render.Plain(of, maxText), "")
}

// line is the quantiles of one benchmark.
type line struct {
	words []string // of its name
	rows  []row
}

// quantiles adds a plot for each group of benchmarks with quantiles of the same kind.
func (m *maker) quantiles(rows []row) {
	type kind struct{ item, target, of, unit, subject string }
	first := func(r row) int { // stops of the world before other times
		if len(r.words) > 0 && strings.HasPrefix(r.words[len(r.words)-1], "stop-") {
			return 0
		}
		return 1
	}
	rows = slices.SortedStableFunc(slices.Values(rows), func(a, b row) int { return cmp.Compare(first(a), first(b)) })
	for _, group := range groups(rows, func(r row) (kind, bool) {
		if len(r.words) == 0 {
			return kind{}, false
		}
		of, _, is := quantileOf(r.words[len(r.words)-1])
		return kind{r.Item, r.Target, of, r.Unit, subject(r.words)}, is
	}) {
		var lines []line
		for _, rows := range groups(bounded(group), func(r row) (string, bool) { return strings.Join(r.words[:len(r.words)-1], " "), true }) {
			if len(rows) > 1 {
				lines = append(lines, line{rows[0].words[:len(rows[0].words)-1], rows})
			}
		}
		slices.SortStableFunc(lines, inOrder)
		for _, some := range split(lines) {
			m.quantilePlot(some)
		}
	}
}

// quantilePlot adds the plot of some benchmarks.
func (m *maker) quantilePlot(lines []line) {
	first := lines[0].rows[0]
	of, _, _ := quantileOf(first.words[len(first.words)-1])
	common, differ := parts(lines)
	c := plot.Chart{Title: m.title(measured(of), first.Item, first.Target, common), Y: axis(measured(of), first)}
	c.Y.Log = true
	c.X = plot.Axis{Label: record.Say("quantile", "分位数"), Ticks: ticks(lines)}
	for i, l := range lines {
		s := plot.Series{Line: plot.Straight}
		if len(lines) > 1 {
			s.Name = record.Say(render.Plain(differ[i], maxText), "")
		}
		for _, r := range l.rows {
			_, quantile, _ := quantileOf(r.words[len(r.words)-1])
			s.Points = append(s.Points, plot.Point{X: place(quantile), Y: r.Median, Title: render.Plain(r.Name, 2*maxText) + ": " + c.Y.Format(r.Median)})
		}
		slices.SortFunc(s.Points, func(a, b plot.Point) int { return cmp.Compare(a.X, b.X) })
		c.Series = append(c.Series, s)
	}
	m.add(first.Item, c)
}

// place is where a quantile is on its axis: each step divides what is above it by ten. The maximum is beyond all others.
func place(quantile string) float64 {
	if quantile == "max" {
		return 4.6
	}
	return -math.Log10(1 - shares[quantile])
}

// ticks returns a tick for each quantile of some benchmarks.
func ticks(lines []line) (all []plot.Tick) {
	for _, quantile := range []string{"p50", "p90", "p95", "p99", "p99.9", "p99.99", "max"} {
		has := func(r row) bool { _, q, _ := quantileOf(r.words[len(r.words)-1]); return q == quantile }
		if slices.ContainsFunc(lines, func(l line) bool { return slices.ContainsFunc(l.rows, has) }) {
			name := record.Say(quantile, "")
			if quantile == "max" {
				name = record.Say("max", "最大")
			}
			all = append(all, plot.Tick{At: place(quantile), Label: name})
		}
	}
	return all
}
