package figure

import (
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/render/plot"
)

// costs are what settings cost beside memory, by the last word of a name, with the unit.
var costs = map[string]struct {
	unit string
	name record.Sentence
}{
	"operation": {"cpu-ns/op", record.Say("CPU time of an operation", "每次操作的 CPU 时间")},
	"gc":        {"cpu-ns", record.Say("CPU time of the collector", "垃圾回收的 CPU 时间")},
}

// memoryWord is the last word of the name of a setting's memory.
const memoryWord = "peak-rss"

// fronts adds a plot for each group of settings of which memory and CPU time are known.
func (m *maker) fronts(rows []row) {
	type kind struct{ item, target, what, subject string }
	type setting struct{ item, target, name string }
	memory := map[setting]float64{}
	of := func(r row) (setting, string) {
		n := max(len(r.words)-1, 0)
		return setting{r.Item, r.Target, strings.Join(r.words[:n], " ")}, strings.Join(r.words[n:], "")
	}
	for _, r := range rows {
		if s, what := of(r); what == memoryWord && r.Unit == "B" {
			memory[s] = r.Median
		}
	}
	for _, group := range groups(rows, func(r row) (kind, bool) {
		s, what := of(r)
		_, is := memory[s]
		return kind{r.Item, r.Target, what, subject(r.words)}, is && what != memoryWord && costs[what].unit == r.Unit && strings.Contains(s.name, "=")
	}) {
		if group = bounded(group); len(group) > 2 { // two settings show no front
			m.frontPlot(group, func(r row) float64 { s, _ := of(r); return memory[s] })
		}
	}
}

// frontPlot adds the plot of some settings, whose names are beside them: the values in the order of the title.
func (m *maker) frontPlot(rows []row, memory func(row) float64) {
	var lines []line
	slices.SortStableFunc(rows, func(a, b row) int { return inOrder(line{words: a.words}, line{words: b.words}) })
	for _, r := range rows {
		lines = append(lines, line{words: r.words[:len(r.words)-1], rows: []row{r}})
	}
	common, differ := parts(lines)
	first := rows[0]
	cost := costs[first.words[len(first.words)-1]]
	all := plot.Series{Name: record.Sayf("settings: %s", "各设置：%s", render.Plain(strings.Join(keys(differ[0]), ", "), maxText))}
	for i, r := range rows {
		all.Points = append(all.Points, plot.Point{X: memory(r) / (1 << 20), Y: r.Median, Label: render.Plain(strings.Join(valuesIn(differ[i]), " "), maxText),
			Title: render.Plain(differ[i], 2*maxText)})
	}
	front := plot.Series{Name: record.Say("Pareto front", "帕累托前沿"), Line: plot.Steps, Points: plot.Front(all.Points)}
	all.Points = labelled(all.Points, front.Points)
	for i := range front.Points {
		front.Points[i].Label = "" // the setting has it
	}
	m.add(first.Item, plot.Chart{Title: m.title(record.Say("memory and CPU time by setting", "各设置的内存与 CPU 时间"), first.Item, first.Target, common),
		X: plot.Axis{Label: record.Say("peak memory (MiB)", "内存峰值（MiB）")}, Y: axis(cost.name, first), Series: []plot.Series{all, front}})
}

// labelled returns the points with those on the front first and larger, so that these get the room for labels.
func labelled(points, front []plot.Point) []plot.Point {
	on := map[plot.Point]bool{}
	for _, p := range front {
		on[p] = true
	}
	var first, rest []plot.Point
	for _, p := range points {
		if p.Strong = on[p]; p.Strong {
			first = append(first, p)
		} else {
			rest = append(rest, p)
		}
	}
	return append(first, rest...)
}

// keys returns what is before "=" in each word of a setting.
func keys(setting string) (all []string) {
	for _, word := range strings.Fields(setting) {
		key, _, _ := strings.Cut(word, "=")
		all = append(all, key)
	}
	return all
}

// valuesIn returns what is behind "=" in each word of a setting.
func valuesIn(setting string) (all []string) {
	for _, word := range strings.Fields(setting) {
		if _, value, is := strings.Cut(word, "="); is {
			word = value
		}
		all = append(all, word)
	}
	return all
}
