// Command generate writes the suite's vectors: the examples of the standards, which it checks against the formulas
// of the standards before it writes them, and the adversarial ones, which it derives from the parameters of the curve.
//
//	go run ./suites/crypto/vectors/generate suites/crypto/vectors
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// file is one file to be written.
type file struct {
	Algorithm string                  `json:"algorithm"`
	Schema    string                  `json:"schema"`
	Count     int                     `json:"numberOfTests"`
	Header    []string                `json:"header"`
	Notes     map[string]vectors.Note `json:"notes"`
	Groups    []group                 `json:"testGroups"`
}

type group struct {
	Type   string            `json:"type"`
	Source map[string]string `json:"source"`
	Tests  []map[string]any  `json:"tests"`
}

// add appends a test. fields are pairs of a name and a value: []byte is written as hex.
func (f *file) add(result vectors.Result, flags, comment string, fields ...any) {
	t := map[string]any{"result": result, "flags": strings.Fields(flags), "comment": comment}
	for i := 0; i < len(fields); i += 2 {
		value := fields[i+1]
		if b, ok := value.([]byte); ok {
			value = hex.EncodeToString(b)
		}
		t[fields[i].(string)] = value
	}
	g := &f.Groups[len(f.Groups)-1]
	f.Count++
	t["tcId"] = f.Count
	g.Tests = append(g.Tests, t)
}

func newFile(algorithm, schema string, header ...string) *file {
	return &file{Algorithm: algorithm, Schema: schema, Header: header, Notes: map[string]vectors.Note{},
		Groups: []group{{Type: algorithm, Source: map[string]string{"name": "xcmatrix", "version": "1"}}}}
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: generate DIRECTORY")
		os.Exit(2)
	}
	for name, f := range all() {
		if err := write(filepath.Join(os.Args[1], name+".json"), f); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// write encodes f, parses it as the suite does, and writes the file.
func write(path string, f *file) error {
	raw, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		return err
	}
	raw = append(raw, '\n')
	if _, err := vectors.Parse(filepath.Base(path), raw); err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o644)
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		panic(err)
	}
	return b
}
