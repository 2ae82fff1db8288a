package vectors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Error says what is wrong with a file of vectors, and where.
type Error struct {
	File  string
	Test  int    // tcId; 0 where the fault is in the file as a whole
	Field string // "" where the fault is in no single field
	What  record.Sentence
}

func (e *Error) Error() string { return e.In("en") }

// In returns the whole sentence in a language.
func (e *Error) In(lang string) string { return e.File + ": " + e.inside().In(lang) }

// inside returns the sentence without the file.
func (e *Error) inside() record.Sentence {
	said := e.What
	if e.Field != "" {
		said = record.Sayf("field %.60q: %s", "字段 %.60q：%s", e.Field, said)
	}
	if e.Test != 0 {
		said = record.Sayf("test %d: %s", "测试 %d：%s", e.Test, said)
	}
	return said
}

// Problem returns the error for the user who has given the file at path.
func (e *Error) Problem(path string) *record.Problem {
	return &record.Problem{Place: path, Sentence: e.inside(), Cause: e}
}

// at returns the line of a syntax error.
func at(raw []byte, err error) string {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return ""
	}
	return fmt.Sprintf(" (line %d)", 1+bytes.Count(raw[:min(int(syntax.Offset), len(raw))], []byte("\n")))
}
