package report

import (
	"bytes"
	"io"
	"runtime"
	"strings"
	"sync"
	"unicode/utf8"

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

// writeText writes a table for a terminal, or as Markdown. As many pages as there are processors are laid out at once.
func writeText(w io.Writer, t *compare.Table, s Style) error {
	var why reasons
	why.count(t.Rows)
	pages := make([]bytes.Buffer, runtime.GOMAXPROCS(0))
	for rest := t.Rows; len(rest) > 0; {
		var wg sync.WaitGroup
		for i := range pages {
			rows := rest[:min(page, len(rest))]
			rest = rest[len(rows):]
			pages[i].Reset()
			wg.Go(func() { writePage(&pages[i], t, rows, &why, s) })
		}
		wg.Wait()
		for i := range pages {
			if _, err := pages[i].WriteTo(w); err != nil {
				return err
			}
		}
	}
	return writeSummary(w, t, &why, s)
}

// writePage writes some rows below a header.
func writePage(out *bytes.Buffer, t *compare.Table, rows []compare.Row, why *reasons, s Style) {
	if len(rows) == 0 {
		return
	}
	lines := make([]line, 0, 1+len(rows))
	lines = append(lines, heads(t, s.Lang))
	for i := range rows {
		lines = append(lines, cells(&rows[i], why, s.Lang))
	}
	if s.Format == Markdown {
		markdown(out, lines)
	} else {
		columns(out, lines, rows, s.Color)
	}
}

// writeSummary writes what stands under the rows.
func writeSummary(w io.Writer, t *compare.Table, why *reasons, s Style) error {
	bullet := ""
	if s.Format == Markdown {
		bullet = "- "
	}
	for _, sentence := range summary(t, why) {
		if _, err := io.WriteString(w, bullet+sentence.In(s.Lang)+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// numeric are the columns that are set to the right.
var numeric = [len(line{})]bool{2: true, 4: true, 5: true, 6: true, 7: true, 8: true}

// columns sets lines in columns, the first line being the header. Tables of a hundred thousand rows are no exception
// here, for which go-pretty's own tables take more time than the comparison; its knowledge of how wide Chinese is does
// not.
func columns(out *bytes.Buffer, lines []line, rows []compare.Row, color bool) {
	widths := make([][len(line{})]int, len(lines)) // of each cell
	var widest [len(line{})]int
	for n := range lines {
		for i, cell := range lines[n] {
			widths[n][i] = width(cell)
			widest[i] = max(widest[i], widths[n][i])
		}
	}
	total := -2
	for _, w := range widest {
		total += w + 2
	}
	for n := range lines {
		pads := widths[n]
		for i := range pads {
			pads[i] = widest[i] - pads[i]
		}
		if n > 0 && color {
			out.WriteString(colors[rows[n-1].Verdict].EscapeSeq())
		}
		lines[n].set(out, pads)
		if n > 0 && color {
			out.WriteString(text.EscapeReset)
		}
		out.WriteByte('\n')
		if n == 0 {
			out.WriteString(strings.Repeat("─", total) + "\n")
		}
	}
	out.WriteByte('\n')
}

// set writes a line with so many blanks beside each cell.
func (l *line) set(out *bytes.Buffer, pads [len(line{})]int) {
	const blanks = "                                                                "
	for i, cell := range l {
		if !numeric[i] {
			out.WriteString(cell)
		}
		for pad := pads[i]; pad > 0 && i < len(l)-1; pad -= len(blanks) {
			out.WriteString(blanks[:min(pad, len(blanks))])
		}
		if numeric[i] {
			out.WriteString(cell)
		}
		if i < len(l)-1 {
			out.WriteString("  ")
		}
	}
}

// width of a cell on a terminal. Most are plain, which is quick to see.
func width(cell string) (n int) {
	for _, r := range cell {
		if r < utf8.RuneSelf {
			n++
		} else {
			n += text.RuneWidth(r)
		}
	}
	return n
}

// markdown writes lines as a table, the first line being the header.
func markdown(out *bytes.Buffer, lines []line) {
	for n, line := range lines {
		for _, cell := range line {
			out.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
		}
		out.WriteString("|\n")
		if n > 0 {
			continue
		}
		for i := range line {
			if numeric[i] {
				out.WriteString("| ---: ")
			} else {
				out.WriteString("| --- ")
			}
		}
		out.WriteString("|\n")
	}
	out.WriteString("\n")
}
