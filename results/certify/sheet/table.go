package sheet

import "io"

// Table is one sheet of a workbook: its cells are strings and numbers, and its first row is the heading.
type Table struct {
	Name   string
	Widths []float64 // of the columns, in characters
	Rows   [][]any
}

// Write writes tables as the sheets of one workbook.
func Write(w io.Writer, tables []Table) error {
	list := make([]table, len(tables))
	for i, t := range tables {
		list[i] = table{name: t.Name, widths: t.Widths, rows: t.Rows}
	}
	return workbook(w, list)
}
