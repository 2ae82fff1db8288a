package report

import (
	"io"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/plain"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
)

// sideBySide reports whether a table is shown with a column for each chip: if several chips are compared with one, and
// the table is short. Other tables have a row for each benchmark and column, with Q and the detectable change.
func sideBySide(t *compare.Table) bool {
	return t.By == series.Chip && len(t.Columns) > 2 && len(t.Rows) <= perPage
}

// writeSideBySide writes a table for a terminal, or as Markdown, with a column for each chip: the ratio to the reference
// with its interval, and the verdict.
func writeSideBySide(w io.Writer, t *compare.Table, s Style) error {
	var why reasons
	why.count(t.Rows)
	others := slices.DeleteFunc(slices.Clone(t.Columns), func(c string) bool { return c == t.Reference })
	say := func(en, zh string) string { return record.Say(en, zh).In(s.Lang) }
	head := table.Row{say("benchmark", "基准测试"), say("unit", "单位"), plain.Line(t.Reference)}
	for _, c := range others {
		head = append(head, plain.Line(c))
	}
	out := table.NewWriter()
	out.SetStyle(table.StyleLight)
	out.Style().Format.Header = text.FormatDefault
	out.AppendHeader(head)
	at := map[[2]string]int{}
	var rows []table.Row
	var scratch []byte
	for i := range t.Rows {
		r := &t.Rows[i]
		key := [2]string{r.Benchmark, r.Unit}
		n, ok := at[key]
		if !ok {
			n = len(rows)
			at[key] = n
			row := make(table.Row, len(head))
			row[0], row[1], row[2] = plain.Line(r.Benchmark), plain.Line(r.Unit), scaled(r.Reference, r.Unit)
			for c := range others {
				row[3+c] = "—"
			}
			rows = append(rows, row)
		}
		if c := slices.Index(others, r.Target); c >= 0 {
			l := cells(r, &why, s.Lang, &scratch)
			value := l[9]
			if r.Ratio.Known() {
				value = l[5] + " (" + l[6] + ") " + l[9]
			}
			if s.Color && s.Format == Text {
				value = colors[r.Verdict].Sprint(value)
			}
			rows[n][3+c] = value
		}
	}
	out.AppendRows(rows)
	rendered := func() string { return render.FitBeside(out, s.Width, 3) }
	if s.Format == Markdown {
		rendered = out.RenderMarkdown
	}
	if _, err := io.WriteString(w, rendered()+"\n"); err != nil {
		return err
	}
	return writeSummary(w, t, &why, s)
}
