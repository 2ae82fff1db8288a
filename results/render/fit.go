package render

import (
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// narrowest is the smallest width, in columns, to which a cell is wrapped. A table that would need narrower cells comes in parts.
const narrowest = 10

// Fit returns a table with light lines. If it is wider than width, the width of the terminal, its widest columns are wrapped; if
// that is not enough, it comes in parts, each with the first column. 0 wraps nothing. configs are those of the table.
func Fit(t table.Writer, width int, configs ...table.ColumnConfig) string {
	return FitBeside(t, width, 1, configs...)
}

// FitBeside is Fit for a table whose first columns together say what a row is about: each part has all of them.
func FitBeside(t table.Writer, width, first int, configs ...table.ColumnConfig) string {
	whole := t.Render()
	columns := columnWidths(whole)
	if width <= 0 || len(columns) == 0 || tableWidth(columns) <= width {
		return whole
	}
	all := make([]table.ColumnConfig, len(columns))
	for i := range all {
		for _, c := range configs {
			if c.Number == i+1 {
				all[i] = c
			}
		}
		all[i].Number, all[i].WidthMaxEnforcer = i+1, wrap
	}
	var parts []string
	for next := min(first, len(columns)); next < len(columns) || parts == nil; {
		from := next
		next = min(next+1, len(columns))
		for next < len(columns) && leastWidth(shown(columns, first, from, next+1)) <= width {
			next++
		}
		parts = append(parts, part(t, all, columns, width, first, from, next))
	}
	return strings.Join(parts, "\n")
}

// shown returns the widths of a part's columns: the first ones, and those from one to before another.
func shown(columns []int, first, from, to int) []int {
	return slices.Concat(columns[:min(first, len(columns))], columns[from:to])
}

// part returns some columns of a table, narrowed to a width.
func part(t table.Writer, all []table.ColumnConfig, columns []int, width, first, from, to int) string {
	narrowed := narrow(shown(columns, first, from, to), width)
	configs := slices.Clone(all)
	for i := range configs {
		if configs[i].Hidden = i >= first && (i < from || i >= to); !configs[i].Hidden {
			configs[i].WidthMax, narrowed = narrowed[0], narrowed[1:]
		}
	}
	t.SetColumnConfigs(configs)
	return t.Render()
}

// tableWidth returns how wide a table with such columns is.
func tableWidth(columns []int) int {
	width := 1 // the first line between columns
	for _, n := range columns {
		width += n + 3
	}
	return width
}

// leastWidth returns how wide a table with such columns is when all of them are wrapped.
func leastWidth(columns []int) int {
	width := 1
	for _, n := range columns {
		width += min(n, narrowest) + 3
	}
	return width
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

// narrow takes from the widest columns until the table fits, or none can be narrowed any more.
func narrow(columns []int, width int) []int {
	for over := tableWidth(columns) - width; over > 0; over-- {
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
	return columns
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
