// Package yamlfile reads the YAML files that people write. It is strict, and each error has the file, the line, and how
// to mend it.
package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// File is a file that was read, with the places of its parts.
type File struct {
	Name  string
	lines []string
	root  yaml.Node
}

// Decode reads one YAML document into a pointer to a struct. It returns a *record.Problem with file and line for a text
// that is not UTF-8, an unknown field, a wrong type, a duplicate key, or a second document.
func Decode(name string, text []byte, into any) (*File, error) {
	if err := notUTF8(name, text); err != nil {
		return nil, err
	}
	f := &File{Name: name, lines: strings.Split(string(text), "\n")}
	if err := yaml.Unmarshal(text, &f.root); err != nil {
		return nil, f.syntax(err)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return nil, f.Mend(f.content(err, reflect.TypeOf(into)))
	}
	var more yaml.Node
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, record.Wrongf(f.at(more.Line), "a second document; only one is read",
			"出现第二个 YAML 文档；只能有一个")
	}
	return f, nil
}

// at returns "file:line"; the first line if line is 0.
func (f *File) at(line int) string { return fmt.Sprintf("%s:%d", f.Name, max(line, 1)) }

// Place returns "file:line" of a part, which keys (string) and indexes (int) from the top name; that of the nearest part
// above if there is no such part.
func (f *File) Place(path ...any) string {
	node := top(&f.root)
	line := node.Line
	for _, step := range path {
		if node = child(node, step); node == nil {
			break
		}
		line = node.Line
	}
	return f.at(line)
}

// top returns the content of a document.
func top(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.DocumentNode {
		return node.Content[0]
	}
	return node
}

// child returns the value of a key or an index; nil if there is none.
func child(node *yaml.Node, step any) *yaml.Node {
	switch step := step.(type) {
	case int:
		if node.Kind == yaml.SequenceNode && step < len(node.Content) {
			return node.Content[step]
		}
	case string:
		for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i+1]
			}
		}
	}
	return nil
}
