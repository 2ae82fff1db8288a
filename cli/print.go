package cli

import (
	"fmt"
	"io"
	"reflect"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/xcmatrix/xcmatrix/results/plain"
)

// Everything that a verb prints goes through here. Text may come from another machine, a file or another program, so no
// argument makes a new line, a colour or moves the cursor; what passes by all the same stops at the writer behind
// (see screen).

// formatted is text of several lines, such as a table, that the program has made from cleaned parts.
type formatted string

// printf prints for people. It cleans arguments that are text, except those of type formatted.
func printf(w io.Writer, format string, args ...any) (int, error) {
	clean := make([]any, len(args))
	for i, arg := range args {
		clean[i] = cleaned(arg)
	}
	return fmt.Fprintf(w, format, clean...)
}

// row returns a row of a table with cleaned cells.
func row(cells ...any) table.Row {
	for i, c := range cells {
		cells[i] = cleaned(c)
	}
	return cells
}

// cleaned returns a value that is safe to print: text without control characters; numbers are unchanged.
func cleaned(v any) any {
	switch v := v.(type) {
	case formatted:
		return string(v)
	case string:
		return plain.Line(v)
	case nil:
		return v
	}
	if k := reflect.TypeOf(v).Kind(); k <= reflect.Complex128 {
		return v
	}
	return plain.Line(fmt.Sprint(v))
}

// screen returns the writer that cleans all output before the terminal, the file or the pipe.
func screen(w io.Writer) io.Writer {
	_, ok := terminal(w)
	return &plain.Writer{Out: w, Terminal: ok}
}

// asJSON makes the rest of the output JSON: the screen escapes control characters in it instead of removing them.
func (a *app) asJSON() {
	if w, ok := a.out.(*plain.Writer); ok {
		w.JSON = true
	}
}
