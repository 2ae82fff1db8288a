package report

import (
	"bufio"
	"io"
	"strings"

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

// page is how many rows are laid out together, below one header: all of a million would need more memory than the data.
const page = 2000

// writeText writes a table for a terminal, or as Markdown.
func writeText(w io.Writer, t *compare.Table, s Style) error {
	out := bufio.NewWriter(w)
	var why reasons
	for from := 0; from < len(t.Rows); from += page {
		rows := t.Rows[from:min(from+page, len(t.Rows))]
		lines := [][]string{heads(t, s.Lang)}
		for i := range rows {
			lines = append(lines, cells(&rows[i], &why, s.Lang))
		}
		if s.Format == Markdown {
			markdown(out, lines)
		} else {
			columns(out, lines, rows, s.Color)
		}
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

// numeric are the columns that are set to the right.
var numeric = map[int]bool{2: true, 4: true, 5: true, 6: true, 7: true, 8: true}

// columns sets lines in columns, the first line being the header. Tables of a hundred thousand rows are no exception
// here, for which go-pretty's own tables take more time than the comparison; its knowledge of how wide Chinese is does
// not.
func columns(out *bufio.Writer, lines [][]string, rows []compare.Row, color bool) {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], width(cell))
		}
	}
	var b strings.Builder
	total := 0
	for n, line := range lines {
		b.Reset()
		for i, cell := range line {
			pad := strings.Repeat(" ", widths[i]-width(cell))
			switch {
			case numeric[i]:
				b.WriteString(pad + cell + "  ")
			case i < len(line)-1:
				b.WriteString(cell + pad + "  ")
			default:
				b.WriteString(cell)
			}
		}
		set := b.String()
		if n > 0 && color {
			set = colors[rows[n-1].Verdict].Sprint(set)
		}
		_, _ = out.WriteString(set + "\n")
		if n == 0 {
			for _, w := range widths {
				total += w + 2
			}
			_, _ = out.WriteString(strings.Repeat("─", total-2) + "\n")
		}
	}
	_, _ = out.WriteString("\n")
}

// width of a cell on a terminal. Most are plain, which is quick to see.
func width(cell string) int {
	for i := range len(cell) {
		if cell[i] >= 0x80 {
			return text.StringWidthWithoutEscSequences(cell)
		}
	}
	return len(cell)
}

// markdown writes lines as a table, the first line being the header.
func markdown(out *bufio.Writer, lines [][]string) {
	for n, line := range lines {
		for _, cell := range line {
			_, _ = out.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
		}
		_, _ = out.WriteString("|\n")
		if n > 0 {
			continue
		}
		for i := range line {
			if numeric[i] {
				_, _ = out.WriteString("| ---: ")
			} else {
				_, _ = out.WriteString("| --- ")
			}
		}
		_, _ = out.WriteString("|\n")
	}
	_, _ = out.WriteString("\n")
}
