// Package sheet makes what offices open: a workbook (xlsx) and a summary in CSV.
package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
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

// maxText is the longest text in a cell, in characters.
const maxText = 1000

// Workbook writes the certificate as a workbook in a language.
func Workbook(w io.Writer, d document.Document, specs []render.SpecRow, lang string) error {
	return workbook(w, tables(d, specs, lang))
}

// CSV writes the summary with a byte order mark, without which Excel and WPS take UTF-8 for something else.
func CSV(w io.Writer, d document.Document, lang string) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	for _, row := range summary(d, speak(lang), lang).rows {
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

// inert keeps a text from being taken for a formula (https://owasp.org/www-community/attacks/CSV_Injection).
func inert(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// say chooses a language.
type say func(en, zh string) string

func speak(lang string) say {
	return func(en, zh string) string { return record.Say(en, zh).In(lang) }
}
