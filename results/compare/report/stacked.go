package report

import (
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/plain"
	"github.com/xcmatrix/xcmatrix/results/render"
)

// tableWidth returns how wide the columns of a table are on a terminal.
func tableWidth(t *compare.Table, why *reasons, lang string) int {
	var widest [len(line{})]int
	var scratch []byte
	take := func(l line) {
		for i, cell := range l {
			widest[i] = max(widest[i], width(cell))
		}
	}
	take(heads(t, lang))
	for i := range t.Rows {
		take(cells(&t.Rows[i], why, lang, &scratch))
	}
	total := -2
	for _, n := range widest {
		total += n + 2
	}
	return total
}

// writeStacked writes a table for a narrow terminal: what belongs together stands below each other in five columns.
func writeStacked(w io.Writer, t *compare.Table, why *reasons, s Style) error {
	out := table.NewWriter()
	out.SetStyle(table.StyleLight)
	out.Style().Format.Header = text.FormatDefault
	out.AppendHeader(stacked(heads(t, s.Lang)))
	var scratch []byte
	for i := range t.Rows {
		row := stacked(cells(&t.Rows[i], why, s.Lang, &scratch))
		if s.Color {
			last := len(row) - 1
			row[last] = colors[t.Rows[i].Verdict].Sprint(row[last])
		}
		out.AppendRow(row)
	}
	if _, err := io.WriteString(w, render.Fit(out, s.Width)+"\n"); err != nil {
		return err
	}
	return writeSummary(w, t, why, s)
}

// stacked is a row in five columns: benchmark and unit, the two medians, the column, ratio and interval, verdict with q and
// what was detectable.
func stacked(l line) table.Row {
	below := func(cells ...string) string {
		var lines []string
		for _, c := range cells {
			if c = plain.Line(c); c != "" {
				lines = append(lines, c)
			}
		}
		return strings.Join(lines, "\n")
	}
	return table.Row{below(l[0], l[1]), below(l[3]), below(l[2], l[4]), below(l[5], l[6]), below(l[9], l[7], l[8])}
}
