package render

import (
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// grid is the table of verdicts before its layout.
type grid struct {
	report Report
	style  Style
	items  []string
	counts map[[2]string]map[record.Verdict]int // by item and target
}

// grid returns the grid of a report.
func (r Report) grid(s Style) grid {
	g := grid{report: r, style: s, counts: map[[2]string]map[record.Verdict]int{}}
	for _, c := range r.Cells {
		key := [2]string{c.Item, c.Target}
		if g.counts[key] == nil {
			g.counts[key] = map[record.Verdict]int{}
		}
		for v, n := range c.Verdicts {
			g.counts[key][v] += n
		}
		if !slices.Contains(g.items, c.Item) {
			g.items = append(g.items, c.Item)
		}
	}
	for _, gap := range r.NotPlanned {
		if !slices.Contains(g.items, gap.Item) {
			g.items = append(g.items, gap.Item)
		}
	}
	return g
}

// matrix writes the table of items by targets with the numbers of verdicts. If a terminal is too narrow for a column for
// each target, targets are rows; if that does not fit either, the table is divided.
func (r Report) matrix(out *strings.Builder, s Style) {
	g := r.grid(s)
	title := s.say("Verdicts", "结论")
	if s.Format != Text || s.Width <= 0 || g.upright(r.Targets).least() <= s.Width {
		s.print(out, title, g.upright(r.Targets).writer())
		return
	}
	if turned := g.turned(); turned.least() <= s.Width {
		s.print(out, title, turned.writer())
		return
	}
	for _, part := range g.parts() {
		s.print(out, title, part.writer())
		title = s.say("Verdicts, continued", "结论（续）")
	}
}

// rows are the texts of a table, with the heading first.
type rows [][]string

// upright returns a table with a column for each of targets.
func (g grid) upright(targets []TargetRow) rows {
	head := []string{g.style.say("item", "检测项目")}
	for _, t := range targets {
		head = append(head, g.style.column(t))
	}
	all := rows{head}
	for _, item := range g.items {
		row := []string{g.style.name(item, g.report.StandIns(item))}
		for _, t := range targets {
			row = append(row, g.cell(item, t.ID))
		}
		all = append(all, row)
	}
	return all
}

// turned returns a table with a row for each target.
func (g grid) turned() rows {
	head := []string{g.style.say("target", "目标")}
	for _, item := range g.items {
		head = append(head, strings.Join(strings.Fields(g.style.name(item, g.report.StandIns(item))), "\n"))
	}
	all := rows{head}
	for _, t := range g.report.Targets {
		row := []string{g.style.column(t)}
		for _, item := range g.items {
			row = append(row, g.cell(item, t.ID))
		}
		all = append(all, row)
	}
	return all
}

// parts returns upright tables with as many targets as fit, at least one.
func (g grid) parts() []rows {
	var parts []rows
	targets := g.report.Targets
	for len(targets) > 0 {
		n := 1
		for n < len(targets) && g.upright(targets[:n+1]).least() <= g.style.Width {
			n++
		}
		parts = append(parts, g.upright(targets[:n]))
		targets = targets[n:]
	}
	return parts
}

// cell returns the text of a cell.
func (g grid) cell(item, target string) string {
	return g.style.counts(g.counts[[2]string{item, target}], g.report.notPlanned(item, target))
}

// writer returns the table for rendering.
func (r rows) writer() table.Writer {
	t := table.NewWriter()
	for i, cells := range r {
		row := make(table.Row, len(cells))
		for n, c := range cells {
			row[n] = c
		}
		if i == 0 {
			t.AppendHeader(row)
		} else {
			t.AppendRow(row)
		}
	}
	return t
}

// readable is the smallest width at which a wrapped heading can be read.
const readable = 12

// least returns the smallest width of the table in which no count is broken and headings are readable.
func (r rows) least() int {
	width := 1
	for column := range r[0] {
		most := narrowest
		for i, row := range r {
			for line := range strings.SplitSeq(row[column], "\n") {
				for part := range strings.SplitSeq(line, "  ") {
					n := text.StringWidthWithoutEscSequences(part)
					if i == 0 || column == 0 {
						n = min(n, readable)
					}
					most = max(most, n)
				}
			}
		}
		width += most + 3
	}
	return width
}
