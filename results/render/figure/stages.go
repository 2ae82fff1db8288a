package figure

import (
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/render/plot"
)

// stagesWord is the first word of a stage's name.
const stagesWord = "stages"

// stageOf returns what a stage's name is made of: "stages/NAME/STAGE". STAGE may have spaces, and " + " between stages that were measured
// together.
func stageOf(r row) (of string, parts []string, is bool) {
	words := strings.Split(render.Plain(r.Name, 4*maxText), "/")
	if len(words) != 3 || words[0] != stagesWord {
		return "", nil, false
	}
	return words[1], strings.Split(words[2], " + "), true
}

// stages adds a plot of the stages of each unit, a line for each name, with the stages in the order in which they are first measured.
func (m *maker) stages(rows []row) {
	type kind struct{ item, target, unit string }
	for _, group := range groups(rows, func(r row) (kind, bool) {
		_, _, is := stageOf(r)
		return kind{r.Item, r.Target, r.Unit}, is && strings.HasSuffix(r.Unit, "ns/op") && r.Median > 0
	}) {
		group = bounded(group)
		lines := groups(group, func(r row) (string, bool) { of, _, is := stageOf(r); return of, is })
		for some := range slices.Chunk(lines, plot.Colours) {
			m.stagePlot(some)
		}
	}
}

// stagePlot adds the plot of some names. Stages that were measured together are where the last one of them is.
func (m *maker) stagePlot(lines [][]row) {
	var order []string
	for _, rows := range lines {
		for _, r := range rows {
			if _, parts, _ := stageOf(r); len(parts) == 1 && !slices.Contains(order, parts[0]) {
				order = append(order, parts[0])
			}
		}
	}
	first := lines[0][0]
	what := record.Say("time of each stage", "各阶段耗时")
	if strings.HasPrefix(first.Unit, "cpu-") {
		what = record.Say("processor time of each stage", "各阶段的处理器时间")
	}
	c := plot.Chart{Title: m.title(what, first.Item, first.Target, nil), X: plot.Axis{Rows: 3}, Y: axis(what, first)}
	c.Y.Log = true
	for i, stage := range order {
		c.X.Ticks = append(c.X.Ticks, plot.Tick{At: float64(i + 1), Label: record.Say(render.Plain(stage, 24), "")})
	}
	for _, rows := range lines {
		of, _, _ := stageOf(rows[0])
		s := plot.Series{Name: record.Say(of, ""), Line: plot.Straight}
		for _, r := range rows {
			_, parts, _ := stageOf(r)
			at := slices.Index(order, parts[len(parts)-1])
			if at < 0 {
				continue // measured together in every line
			}
			s.Points = append(s.Points, plot.Point{X: float64(at + 1), Y: r.Median, Low: r.Low, High: r.High, Title: render.Plain(r.Name, 2*maxText) + ": " + c.Y.Format(r.Median)})
		}
		c.Series = append(c.Series, s)
	}
	m.add(first.Item, c)
}
