package tuning

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render/plot"
)

// Plot returns the settings and their Pareto front as SVG: peak memory against the objective, or against throughput if memory is
// the objective.
func Plot(a *Advice, lang string) string {
	objective := a.Objective
	if objective == Memory {
		objective = Throughput
	}
	var all, front plot.Series
	all.Name, front.Name, front.Line = record.Say("settings", "各设置"), record.Say("Pareto front", "帕累托前沿"), plot.Steps
	unit := ""
	for _, p := range a.Points {
		if f := p.Of(objective); f.Known() && p.Memory.Known() {
			unit = f.Unit
			all.Points = append(all.Points, plot.Point{X: p.Memory.Value / (1 << 20), Y: f.Value, Label: p.label(), Strong: p.Setting == a.Recommended})
		}
	}
	for _, p := range Front(a.Points) {
		if f := p.Of(objective); f.Known() && p.Memory.Known() {
			front.Points = append(front.Points, plot.Point{X: p.Memory.Value / (1 << 20), Y: f.Value})
		}
	}
	y := plot.AxisOf(ObjectiveName(objective), unit)
	y.Zero = true
	most := float64(a.Memory) / (1 << 20)
	var allowed []plot.Rule
	if slices.ContainsFunc(all.Points, func(p plot.Point) bool { return p.X >= most }) { // else it is beyond the chart
		allowed = []plot.Rule{{X: most, Label: "--memory", Meaning: plot.Bad}}
	}
	return plot.Chart{Rules: allowed, Title: record.Sayf("%s: GOGC and GOMEMLIMIT", "%s：GOGC 与 GOMEMLIMIT", a.Workload),
		X: plot.Axis{Label: record.Say("peak memory (MiB)", "内存峰值（MiB）"), Zero: true}, Y: y, Series: []plot.Series{all, front}}.SVG(lang)
}

// label is the setting in short.
func (s Setting) label() string {
	if s.Limit == 0 {
		return s.gogc()
	}
	return s.gogc() + " ≤ " + Bytes(s.Limit)
}

// ObjectiveName returns the name of an objective for people.
func ObjectiveName(o Objective) record.Sentence {
	switch o {
	case P99:
		return record.Say("99th percentile of latency", "时延的第 99 百分位数")
	case Memory:
		return record.Say("peak memory", "内存峰值")
	}
	return record.Say("CPU time of an operation", "每次操作的 CPU 时间")
}
