// Package sheet writes files for spreadsheet programs: a workbook (xlsx) and a summary in CSV.
package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/certify/document"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
)

// table is one sheet of a workbook. Its cells are strings and numbers.
type table struct {
	name   string
	widths []float64 // of the columns, in characters
	rows   [][]any   // the first is the heading
}

// across is the width in characters of the widest table that is printed upright.
const across = 110

// maxText is the length, in characters, to which a text in a cell is cut.
const maxText = 1000

// Workbook writes the certificate and the verdicts of specs as a workbook in a language ("zh" or "en").
func Workbook(w io.Writer, d document.Document, specs []render.SpecRow, lang string) error {
	return workbook(w, tables(d, specs, lang))
}

// CSV writes the summary, with a byte order mark, without which Excel and WPS do not recognize UTF-8.
func CSV(w io.Writer, d document.Document, lang string) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	rows := slices.Concat(front(d, speak(lang), lang).rows, [][]any{{}}, summary(d, speak(lang), lang).rows)
	for _, row := range rows {
		fields := make([]string, len(row))
		for i, v := range row {
			fields[i] = inert(render.Plain(fmt.Sprint(v), maxText))
		}
		if err := c.Write(fields); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// inert returns text that no spreadsheet program reads as a formula
// (https://owasp.org/www-community/attacks/CSV_Injection).
func inert(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// say returns one of the two texts, by the language.
type say func(en, zh string) string

// speak returns the say of a language.
func speak(lang string) say {
	return func(en, zh string) string { return record.Say(en, zh).In(lang) }
}
