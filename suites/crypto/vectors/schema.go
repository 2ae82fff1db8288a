package vectors

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// kind of a test's field.
type kind int

const (
	hexField kind = iota
	optionalHex
	textField
	optionalNumber
)

// schemas gives the fields of the tests of each schema that this package reads. Those with a name of Wycheproof's are
// Wycheproof's; the others are made in its manner.
var schemas = map[string]map[string]kind{
	"aead_test_schema_v1.json":      {"key": hexField, "iv": hexField, "aad": hexField, "msg": hexField, "ct": hexField, "tag": hexField},
	"mac_test_schema_v1.json":       {"key": hexField, "msg": hexField, "tag": hexField},
	"digest_test_schema.json":       {"msg": hexField, "repeat": optionalNumber, "digest": hexField},
	"block_test_schema.json":        {"key": hexField, "msg": hexField, "ct": hexField, "rounds": optionalNumber},
	"mode_test_schema.json":         {"mode": textField, "key": hexField, "iv": hexField, "msg": hexField, "ct": hexField},
	"sm2_sign_test_schema.json":     {"d": hexField, "public": hexField, "id": optionalHex, "msg": hexField, "nonce": hexField, "sig": hexField},
	"sm2_verify_test_schema.json":   {"public": hexField, "id": optionalHex, "msg": optionalHex, "digest": optionalHex, "sig": hexField},
	"sm2_encrypt_test_schema.json":  {"d": hexField, "public": hexField, "layout": textField, "nonce": hexField, "msg": hexField, "ct": hexField},
	"sm2_decrypt_test_schema.json":  {"d": hexField, "layout": textField, "msg": hexField, "ct": hexField},
	"sm2_exchange_test_schema.json": {"dA": hexField, "dB": hexField, "rA": hexField, "rB": hexField, "idA": hexField, "idB": hexField, "key": hexField, "s1": optionalHex, "s2": optionalHex},
	"sm2_point_test_schema.json":    {"public": hexField},
	"encoding_test_schema.json":     {"structure": textField, "der": hexField, "value": optionalHex},
}

// Error places what is wrong with a file of vectors.
type Error struct {
	File  string
	Test  int    // tcId; 0 where the fault is in the file as a whole
	Field string // "" where the fault is in no single field
	Err   error
}

func (e *Error) Error() string {
	place := e.File
	if e.Test != 0 {
		place += fmt.Sprintf(": test %d", e.Test)
	}
	if e.Field != "" {
		place += fmt.Sprintf(": field %q", e.Field)
	}
	return place + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// outline of a file, with tests still raw.
type outline struct {
	Algorithm string          `json:"algorithm"`
	Schema    string          `json:"schema"`
	Count     int             `json:"numberOfTests"`
	Header    []string        `json:"header"`
	Notes     map[string]Note `json:"notes"`
	Groups    []struct {
		Tests []map[string]json.RawMessage `json:"tests"`
	} `json:"testGroups"`
}

// Parse reads one file's text. Its error is an *Error.
func Parse(name string, raw []byte) (File, error) {
	fault := func(field, format string, args ...any) error {
		return &Error{File: name, Field: field, Err: fmt.Errorf(format, args...)}
	}
	var o outline
	if err := json.Unmarshal(raw, &o); err != nil {
		return File{}, fault("", "not a file of vectors: %w%s", err, at(raw, err))
	}
	fields, known := schemas[o.Schema]
	if !known {
		return File{}, fault("schema", "%.60q is none of the schemas that are read", o.Schema)
	}
	f := File{Name: name, Algorithm: o.Algorithm, Schema: o.Schema, Header: o.Header, Notes: o.Notes}
	seen := map[int]bool{}
	for _, g := range o.Groups {
		for _, raw := range g.Tests {
			t, err := parseTest(name, fields, raw)
			if err != nil {
				return File{}, err
			}
			if seen[t.ID] {
				return File{}, &Error{File: name, Test: t.ID, Field: "tcId", Err: errors.New("stands twice")}
			}
			seen[t.ID] = true
			for _, flag := range t.Flags {
				if _, ok := f.Notes[flag]; !ok {
					return File{}, &Error{File: name, Test: t.ID, Field: "flags", Err: fmt.Errorf("%q has no note", flag)}
				}
			}
			f.Tests = append(f.Tests, t)
		}
	}
	if len(f.Tests) == 0 || len(f.Tests) != o.Count {
		return File{}, fault("numberOfTests", "says %d, but %d are there", o.Count, len(f.Tests))
	}
	return f, nil
}

// at gives the line of a syntax error.
func at(raw []byte, err error) string {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return ""
	}
	return fmt.Sprintf(" (line %d)", 1+bytes.Count(raw[:min(int(syntax.Offset), len(raw))], []byte("\n")))
}

// parseTest reads one test with the fields of its schema.
func parseTest(file string, fields map[string]kind, raw map[string]json.RawMessage) (Test, error) {
	t := Test{bytes: map[string][]byte{}, text: map[string]string{}, number: map[string]int{}}
	fault := func(field string, err error) (Test, error) {
		return Test{}, &Error{File: file, Test: t.ID, Field: field, Err: err}
	}
	meta := map[string]any{"tcId": &t.ID, "comment": &t.Comment, "flags": &t.Flags, "result": &t.Result}
	for _, name := range []string{"tcId", "comment", "flags", "result"} {
		value, ok := raw[name]
		if !ok {
			return fault(name, errors.New("missing"))
		}
		if err := json.Unmarshal(value, meta[name]); err != nil {
			return fault(name, err)
		}
	}
	if !slices.Contains([]Result{Valid, Invalid, Acceptable}, t.Result) {
		return fault("result", fmt.Errorf("%.20q is none of valid, invalid, acceptable", t.Result))
	}
	for name := range raw {
		if _, ok := fields[name]; !ok && meta[name] == nil {
			return fault(name, errors.New("not in the schema"))
		}
	}
	for name, kind := range fields {
		value, ok := raw[name]
		if !ok && (kind == optionalHex || kind == optionalNumber) {
			continue
		}
		if !ok {
			return fault(name, errors.New("missing"))
		}
		if err := t.read(name, kind, value); err != nil {
			return fault(name, err)
		}
	}
	return t, nil
}

// read puts a field's value in its place.
func (t *Test) read(name string, kind kind, value json.RawMessage) error {
	if kind == optionalNumber {
		var n int
		if err := json.Unmarshal(value, &n); err != nil || n < 1 {
			return fmt.Errorf("%.20s is no count", value)
		}
		t.number[name] = n
		return nil
	}
	var text string
	if err := json.Unmarshal(value, &text); err != nil {
		return errors.New("not a string")
	}
	if kind == textField {
		t.text[name] = text
		return nil
	}
	b, err := hex.DecodeString(text)
	if err != nil {
		return fmt.Errorf("bad hex: %s", strings.TrimPrefix(err.Error(), "encoding/hex: "))
	}
	t.bytes[name] = b
	return nil
}
