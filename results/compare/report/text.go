package report

import (
	"bytes"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/xcmatrix/xcmatrix/results/compare"
)

// colors of a row by its verdict; rows that are not compared are grey.
var colors = map[compare.Verdict]text.Colors{
	compare.Faster:      {text.FgGreen},
	compare.Slower:      {text.FgRed},
	compare.TooNoisy:    {text.FgYellow},
	compare.TooFew:      {text.FgYellow},
	compare.NotCompared: {text.FgHiBlack},
}

// perPage is the number of rows that are formatted together, below one header. All of a million would need more memory
// than the data.
const perPage = 2000

// page formats some rows. It is reused for others.
type page struct {
	out     bytes.Buffer
	lines   []line
	widths  [][len(line{})]int
	scratch []byte
}

// writeText writes a table for a terminal, or as Markdown. It formats as many pages at once as there are processors.
func writeText(w io.Writer, t *compare.Table, s Style) error {
	var why reasons
	why.count(t.Rows)
	if s.Format == Text && s.Width > 0 && len(t.Rows) <= perPage && tableWidth(t, &why, s.Lang) > s.Width {
		return writeStacked(w, t, &why, s)
	}
	pages := make([]page, runtime.GOMAXPROCS(0))
	for rest := t.Rows; len(rest) > 0; {
		var wg sync.WaitGroup
		for i := range pages {
			rows := rest[:min(perPage, len(rest))]
			rest = rest[len(rows):]
			wg.Go(func() { pages[i].write(t, rows, &why, s) })
		}
		wg.Wait()
		for i := range pages {
			if _, err := pages[i].out.WriteTo(w); err != nil {
				return err
			}
		}
	}
	return writeSummary(w, t, &why, s)
}

// write formats some rows below a header.
func (p *page) write(t *compare.Table, rows []compare.Row, why *reasons, s Style) {
	if len(rows) == 0 {
		return
	}
	p.lines = append(slices.Grow(p.lines[:0], 1+len(rows)), heads(t, s.Lang))
	for i := range rows {
		p.lines = append(p.lines, cells(&rows[i], why, s.Lang, &p.scratch))
	}
	if s.Format == Markdown {
		markdown(&p.out, p.lines)
	} else {
		p.columns(rows, s.Color)
	}
}

// writeSummary writes the sentences under the rows.
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

// numeric are the columns that are aligned to the right.
var numeric = [len(line{})]bool{2: true, 4: true, 5: true, 6: true, 7: true, 8: true}

// columns formats lines in columns; the first line is the header. It also serves tables of a hundred thousand rows, for
// which the tables of go-pretty take more time than the comparison; only the width of Chinese characters is go-pretty's.
func (p *page) columns(rows []compare.Row, color bool) {
	p.widths = slices.Grow(p.widths[:0], len(p.lines))[:len(p.lines)]
	var widest [len(line{})]int
	for n := range p.lines {
		for i, cell := range p.lines[n] {
			p.widths[n][i] = width(cell)
			widest[i] = max(widest[i], p.widths[n][i])
		}
	}
	total := -2
	for _, w := range widest {
		total += w + 2
	}
	const unseen = 16 // bytes of a line beyond its columns: for characters that are not ASCII, and colours
	p.out.Grow((total + unseen) * (len(p.lines) + 2))
	out := p.out.AvailableBuffer()
	for n := range p.lines {
		pads := &p.widths[n]
		for i := range pads {
			pads[i] = widest[i] - pads[i]
		}
		if n > 0 && color {
			out = append(out, colors[rows[n-1].Verdict].EscapeSeq()...)
		}
		out = p.lines[n].appendPadded(out, pads)
		if n > 0 && color {
			out = append(out, text.EscapeReset...)
		}
		out = append(out, '\n')
		if n == 0 {
			out = append(append(out, strings.Repeat("─", total)...), '\n')
		}
	}
	p.out.Write(append(out, '\n'))
}

// appendPadded appends a line, with pads blanks beside each cell.
func (l *line) appendPadded(out []byte, pads *[len(line{})]int) []byte {
	const blanks = "                                                                "
	for i, cell := range l {
		if !numeric[i] {
			out = append(out, cell...)
		}
		for pad := pads[i]; pad > 0 && i < len(l)-1; pad -= len(blanks) {
			out = append(out, blanks[:min(pad, len(blanks))]...)
		}
		if numeric[i] {
			out = append(out, cell...)
		}
		if i < len(l)-1 {
			out = append(out, "  "...)
		}
	}
	return out
}

// width returns the width of a cell on a terminal. Most cells are ASCII, for which it is fast.
func width(cell string) (n int) {
	for _, r := range cell {
		switch {
		case r < utf8.RuneSelf:
			n++
		case r == '–':
			n += dash
		case r == 'µ':
			n += micro
		default:
			n += text.RuneWidth(r)
		}
	}
	return n
}

// Widths of characters in most rows, which are slow to look up.
var dash, micro = text.RuneWidth('–'), text.RuneWidth('µ')

// markdown writes lines as a table; the first line is the header.
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
