package report

import (
	"bufio"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/xcmatrix/xcmatrix/results/compare"
)

// colors of a row by its verdict; what is not compared is grey.
var colors = map[compare.Verdict]text.Colors{
	compare.Faster:      {text.FgGreen},
	compare.Slower:      {text.FgRed},
	compare.TooNoisy:    {text.FgYellow},
	compare.NotCompared: {text.FgHiBlack},
}

// writeText writes a table for a terminal, or as Markdown.
func writeText(w io.Writer, t *compare.Table, s Style) error {
	out := bufio.NewWriter(w)
	var why reasons
	if len(t.Rows) > 0 {
		rows := table.NewWriter()
		rows.SetOutputMirror(out)
		plain(rows)
		rows.AppendHeader(row(heads(t, s.Lang)))
		for i := range t.Rows {
			rows.AppendRow(row(cells(&t.Rows[i], &why, s.Lang)))
		}
		switch {
		case s.Format == Markdown:
			rows.RenderMarkdown()
		default:
			if s.Color {
				rows.SetRowPainter(table.RowPainterWithAttributes(func(_ table.Row, a table.RowAttributes) text.Colors {
					return colors[t.Rows[a.Number-1].Verdict]
				}))
			}
			rows.Render()
		}
		_, _ = out.WriteString("\n")
	}
	bullet := ""
	if s.Format == Markdown {
		bullet = "- "
	}
	for _, sentence := range summary(t, &why) {
		_, _ = out.WriteString(bullet + sentence.In(s.Lang) + "\n")
	}
	return out.Flush()
}

// plain is a table of columns, without borders.
func plain(rows table.Writer) {
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true}
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	rows.SetStyle(style)
	right := []table.ColumnConfig{}
	for _, n := range []int{3, 5, 6, 7, 8, 9} {
		right = append(right, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	rows.SetColumnConfigs(right)
	rows.SuppressTrailingSpaces()
}

func row(cells []string) table.Row {
	r := make(table.Row, len(cells))
	for i, c := range cells {
		r[i] = c
	}
	return r
}
