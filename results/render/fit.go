package render

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// narrowest is the smallest width, in columns, to which a cell is wrapped; a table that would need narrower cells stays
// wider than its terminal.
const narrowest = 10

// Fit returns a table with light lines, and wraps its widest columns if it is wider than width, the width of the
// terminal; 0 wraps nothing. configs are those of the table.
func Fit(t table.Writer, width int, configs ...table.ColumnConfig) string {
	whole := t.Render()
	columns := columnWidths(whole)
	if width <= 0 || len(columns) == 0 || !narrow(columns, width) {
		return whole
	}
	fitted := make([]table.ColumnConfig, len(columns))
	for i, n := range columns {
		for _, c := range configs {
			if c.Number == i+1 {
				fitted[i] = c
			}
		}
		fitted[i].Number, fitted[i].WidthMax, fitted[i].WidthMaxEnforcer = i+1, n, wrap
	}
	t.SetColumnConfigs(fitted)
	return t.Render()
}

// columnWidths returns the widths of a rendered table's cells, read from its upper line.
func columnWidths(rendered string) []int {
	line, _, _ := strings.Cut(rendered, "\n")
	line = strings.Trim(line, "┌┐")
	if line == "" {
		return nil
	}
	var widths []int
	for _, part := range strings.Split(line, "┬") {
		widths = append(widths, text.StringWidth(part)-2) // a space on each side
	}
	return widths
}

// narrow reduces the widest of columns until the table fits into width. It returns false if it fits already.
func narrow(columns []int, width int) bool {
	over := 1 - width // the first vertical line
	for _, n := range columns {
		over += n + 3
	}
	if over <= 0 {
		return false
	}
	for ; over > 0; over-- {
		widest := 0
		for i, n := range columns {
			if n > columns[widest] {
				widest = i
			}
		}
		if columns[widest] <= narrowest {
			break
		}
		columns[widest]--
	}
	return true
}

// wrap breaks the lines of a cell at two spaces, which separate counts, or else at one space; words that are too long
// anywhere. It prefers not to break lines with colours.
func wrap(cell string, width int) string {
	var lines []string
	for _, line := range strings.Split(cell, "\n") {
		parts := joined(strings.Split(line, "  "), "  ", width)
		for _, part := range parts {
			if text.StringWidthWithoutEscSequences(part) <= width || strings.Contains(part, "\x1b") {
				lines = append(lines, part)
				continue
			}
			lines = append(lines, joined(pieces(part, width), " ", width)...)
		}
	}
	return strings.Join(lines, "\n")
}

// joined puts as many parts on each line as fit.
func joined(parts []string, between string, width int) []string {
	lines := parts[:1:1]
	for _, part := range parts[1:] {
		last := &lines[len(lines)-1]
		if longer := *last + between + part; text.StringWidthWithoutEscSequences(longer) <= width {
			*last = longer
		} else {
			lines = append(lines, part)
		}
	}
	return lines
}

// breakable returns where to break a word that is too long: after a sign that is not near its beginning, or else at its
// end.
func breakable(piece string) int {
	if i := strings.LastIndexAny(piece, "/-.:"); i >= len(piece)/3 {
		return i + 1
	}
	return len(piece)
}

// pieces returns the words of a line; words that are too long are divided. Chinese characters are two columns wide.
func pieces(line string, width int) []string {
	var words []string
	for _, word := range strings.Fields(line) {
		piece, n := "", 0
		for _, r := range word {
			if w := text.RuneWidth(r); n+w > width {
				cut := breakable(piece)
				words, piece = append(words, piece[:cut]), piece[cut:]
				n = text.StringWidth(piece)
			}
			piece, n = piece+string(r), n+text.RuneWidth(r)
		}
		words = append(words, piece)
	}
	return words
}
