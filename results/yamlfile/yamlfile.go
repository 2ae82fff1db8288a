// Package yamlfile reads the YAML files that people write: strictly, and with every complaint at its file and line, in words
// that say how to mend it.
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

// File is a file that has been read; it knows where its parts stand.
type File struct {
	Name  string
	lines []string
	root  yaml.Node
}

// Decode reads one YAML document into a pointer to a struct. What is not UTF-8, an unknown field, a wrong type, a key given
// twice or a second document is a *record.Problem naming file and line.
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

// at is "file:line"; the first line where none is known.
func (f *File) at(line int) string { return fmt.Sprintf("%s:%d", f.Name, max(line, 1)) }

// Place is "file:line" of a part, which is named by keys (string) and indexes (int) from the top; of the nearest part
// above it where there is none.
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

// top is what a document holds.
func top(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.DocumentNode {
		return node.Content[0]
	}
	return node
}

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
