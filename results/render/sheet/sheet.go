// Package sheet makes what offices open: a workbook (xlsx) and a summary in CSV.
package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/xcmatrix/xcmatrix/results/certify/document"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
)

// table is one sheet of a workbook. Its cells are strings and numbers.
type table struct {
	name   string
	widths []float64
	rows   [][]any // the first is the heading
}

// maxText is the longest text in a cell, in characters.
const maxText = 1000

// Workbook writes the certificate as a workbook in a language.
func Workbook(w io.Writer, d document.Document, specs []render.SpecRow, lang string) error {
	f := excelize.NewFile()
	defer f.Close()
	head, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"DDE5EE"}}})
	if err != nil {
		return err
	}
	for i, t := range tables(d, specs, lang) {
		if i == 0 {
			err = f.SetSheetName("Sheet1", t.name)
		} else {
			_, err = f.NewSheet(t.name)
		}
		if err != nil {
			return err
		}
		if err := t.write(f, head); err != nil {
			return fmt.Errorf("sheet %s: %w", t.name, err)
		}
	}
	_, err = f.WriteTo(w)
	return err
}

func (t table) write(f *excelize.File, head int) error {
	s, err := f.NewStreamWriter(t.name)
	if err != nil {
		return err
	}
	for i, width := range t.widths {
		if err := s.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	if err := s.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for i, row := range t.rows {
		cells := make([]any, len(row))
		for j, v := range row {
			if text, ok := v.(string); ok {
				v = render.Plain(text, maxText)
			}
			if cells[j] = v; i == 0 {
				cells[j] = excelize.Cell{StyleID: head, Value: v}
			}
		}
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return err
		}
		if err := s.SetRow(at, cells); err != nil {
			return err
		}
	}
	return s.Flush()
}

// CSV writes the summary with a byte order mark, without which Excel and WPS take UTF-8 for something else.
func CSV(w io.Writer, d document.Document, lang string) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	for _, row := range summary(d, speak(lang)).rows {
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
