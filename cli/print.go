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

// laidOut is text that the program has laid out itself from cleaned parts, over several lines: a table.
type laidOut string

// printf prints what people read. Arguments that are text are cleaned, but for those of type laidOut.
func printf(w io.Writer, format string, args ...any) (int, error) {
	clean := make([]any, len(args))
	for i, arg := range args {
		clean[i] = cleaned(arg)
	}
	return fmt.Fprintf(w, format, clean...)
}

// row is a row of a table, cleaned.
func row(cells ...any) table.Row {
	for i, c := range cells {
		cells[i] = cleaned(c)
	}
	return cells
}

// cleaned is a value as it may be printed: numbers stay what they are.
func cleaned(v any) any {
	switch v := v.(type) {
	case laidOut:
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

// screen is the last writer before the terminal, the file or the pipe.
func screen(w io.Writer) io.Writer {
	_, ok := terminal(w)
	return &plain.Writer{Out: w, Terminal: ok}
}

// asJSON makes what is printed from here on JSON: what the screen takes out is escaped there.
func (a *app) asJSON() {
	if w, ok := a.out.(*plain.Writer); ok {
		w.JSON = true
	}
}
