package figure

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/render/plot"
)

// scalings adds a plot for each benchmark that was measured with several numbers of processors, with Amdahl's law for the serial
// share that was recorded beside it.
func (m *maker) scalings(rows []row) {
	type kind struct{ item, target, unit, name string }
	shares := map[kind]float64{}
	nameOf := func(r row) string { return strings.Join(r.words[:max(len(r.words)-1, 0)], " ") }
	for _, r := range rows {
		if len(r.words) > 1 && r.words[len(r.words)-1] == "serial-share" && r.Unit == "%" {
			shares[kind{item: r.Item, target: r.Target, name: nameOf(r)}] = r.Median / 100
		}
	}
	for _, group := range groups(rows, func(r row) (kind, bool) {
		_, is := processors(r)
		return kind{r.Item, r.Target, r.Unit, nameOf(r)}, is
	}) {
		if group = bounded(group); len(group) > 1 {
			r := group[0]
			share, known := shares[kind{item: r.Item, target: r.Target, name: nameOf(r)}]
			m.scalingPlot(group, share, known)
		}
	}
}

// processors returns the number of processors of a benchmark: "scaling/processors=4".
func processors(r row) (n int, is bool) {
	if len(r.words) < 2 {
		return 0, false
	}
	text, is := strings.CutPrefix(r.words[len(r.words)-1], "processors=")
	n, err := strconv.Atoi(text)
	return n, is && err == nil && n > 0 && n <= 1<<16
}

func (m *maker) scalingPlot(rows []row, share float64, known bool) {
	first := rows[0]
	rate := plot.Series{Name: record.Say("measured", "实测"), Line: plot.Straight}
	c := plot.Chart{Title: m.title(record.Say("work by number of processors", "不同处理器数下的吞吐"), first.Item, first.Target, first.words[:len(first.words)-1]),
		X: plot.Axis{Label: record.Say("processors", "处理器数")}, Y: axis(record.Say("rate", "速率"), first)}
	c.Y.Zero = true
	for _, r := range rows {
		n, _ := processors(r)
		rate.Points = append(rate.Points, plot.Point{X: float64(n), Y: r.Median, Low: r.Low, High: r.High, Title: render.Plain(r.Name, 2*maxText) + ": " + c.Y.Format(r.Median)})
		c.X.Ticks = append(c.X.Ticks, plot.Tick{At: float64(n), Label: record.Say(strconv.Itoa(n), "")})
	}
	slices.SortStableFunc(rate.Points, func(a, b plot.Point) int { return cmp.Compare(a.X, b.X) })
	one, most := rate.Points[0], rate.Points[len(rate.Points)-1]
	c.X.Log = most.X > 16*one.X
	c.Series = []plot.Series{rate}
	if known && one.X == 1 && share >= 0 && share <= 1 {
		c.Series = append(c.Series, amdahl(one.Y, share, most.X), linear(one.Y, most.X))
	}
	m.add(first.Item, c)
}

// amdahl is what a program with a serial share would do, if one processor does so much.
func amdahl(one, share, most float64) plot.Series {
	s := plot.Series{Line: plot.Dashed, Name: record.Sayf("Amdahl's law, serial share %.1f %%", "阿姆达尔定律，串行比例 %.1f %%", 100*share)}
	const pieces = 48
	for i := range pieces + 1 {
		n := 1 + (most-1)*float64(i)/pieces
		s.Points = append(s.Points, plot.Point{X: n, Y: one / (share + float64((1-share)/n))})
	}
	return s
}

// linear is what a program without a serial share would do.
func linear(one, most float64) plot.Series {
	return plot.Series{Line: plot.Dashed, Name: record.Say("without a serial part", "无串行部分"), Points: []plot.Point{{X: 1, Y: one}, {X: most, Y: one * most}}}
}
