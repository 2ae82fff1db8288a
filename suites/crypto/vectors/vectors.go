// Package vectors reads test vectors in the schema of Project Wycheproof (C2SP), and has the suite's own: the examples of the
// standards and the adversarial vectors that the program in generate makes.
package vectors

import (
	"embed"
)

// Result is what a vector requires.
type Result string

const (
	Valid      Result = "valid"      // must be accepted, with the values given
	Invalid    Result = "invalid"    // must be refused
	Acceptable Result = "acceptable" // standards leave it open: either, but no crash
)

// File is one file of vectors.
type File struct {
	Name      string // the file's name, without its folder
	Algorithm string
	Schema    string
	Header    []string
	Notes     map[string]Note // by flag
	Tests     []Test
}

// Note explains a flag.
type Note struct {
	BugType     string   `json:"bugType"`
	Description string   `json:"description"`
	Effect      string   `json:"effect,omitempty"`
	Links       []string `json:"links,omitempty"`
	CVEs        []string `json:"cves,omitempty"`
	Clause      string   `json:"clause,omitempty"`   // our addition: the standard's clause
	Severity    string   `json:"severity,omitempty"` // our addition: of a subject that does not meet it
}

// Test is one vector.
type Test struct {
	ID      int
	Comment string
	Flags   []string
	Result  Result
	bytes   map[string][]byte
	text    map[string]string
	number  map[string]int
}

// Bytes returns a hex field's value; nil where an optional field is absent.
func (t Test) Bytes(field string) []byte { return t.bytes[field] }

// Has reports whether an optional hex field is there.
func (t Test) Has(field string) bool { _, ok := t.bytes[field]; return ok }

// Text returns a text field's value.
func (t Test) Text(field string) string { return t.text[field] }

// Number returns a number field's value; 0 where an optional field is absent.
func (t Test) Number(field string) int { return t.number[field] }

// Flip returns the test with one bit of a hex field inverted, for tests of the tests.
func (t Test) Flip(field string, bit int) Test {
	flipped := map[string][]byte{}
	for name, value := range t.bytes {
		flipped[name] = value
	}
	value := append([]byte(nil), t.bytes[field]...)
	value[bit/8] ^= 0x80 >> (bit % 8)
	flipped[field] = value
	t.bytes = flipped
	return t
}

//go:embed *.json
var embedded embed.FS

// Own returns one of the suite's own files by its name without ".json". They are compiled in and tested: one that does
// not read is a fault of the build.
func Own(name string) File {
	raw, err := embedded.ReadFile(name + ".json")
	if err != nil {
		panic(err)
	}
	f, err := Parse(name+".json", raw)
	if err != nil {
		panic(err)
	}
	return f
}

// Names of the suite's own files, without ".json".
func Names() []string {
	entries, err := embedded.ReadDir(".")
	if err != nil {
		panic(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name()[:len(e.Name())-len(".json")])
	}
	return names
}
