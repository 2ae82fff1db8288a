// Package yamlfile reads the YAML files that people write: strictly, and with every complaint at its file and line.
package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// File is a file that has been read; it knows where its parts stand.
type File struct {
	Name string
	root yaml.Node
}

// Decode reads one YAML document into a pointer to a struct. An unknown field, a wrong type, a key given twice or a
// second document is a *record.Problem naming file and line.
func Decode(name string, text []byte, into any) (*File, error) {
	f := &File{Name: name}
	if err := yaml.Unmarshal(text, &f.root); err != nil {
		return nil, problem(name, err)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return nil, problem(name, err)
	}
	var more yaml.Node
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, record.Wrongf(fmt.Sprintf("%s:%d", name, more.Line), "a second document; only one is read",
			"出现第二个 YAML 文档；只能有一个")
	}
	return f, nil
}

// Place is "file:line" of a part, which is named by keys (string) and indexes (int) from the top; of the nearest part
// above it where there is none.
func (f *File) Place(path ...any) string {
	node := &f.root
	if node.Kind == yaml.DocumentNode {
		node = node.Content[0]
	}
	line := max(node.Line, 1)
	for _, step := range path {
		if node = child(node, step); node == nil {
			break
		}
		line = node.Line
	}
	return fmt.Sprintf("%s:%d", f.Name, line)
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

var (
	atLine  = regexp.MustCompile(`(?s)^(?:yaml: )?line (\d+): (.*)$`)
	unknown = regexp.MustCompile(`(?s)^field (\S+) not found in type .+$`)
)

// problem is the library's first complaint, with its line as part of the place.
func problem(name string, err error) error {
	text := err.Error()
	var all *yaml.TypeError
	if errors.As(err, &all) && len(all.Errors) > 0 {
		text = all.Errors[0]
	}
	if m := atLine.FindStringSubmatch(text); m != nil {
		name, text = name+":"+m[1], m[2]
	}
	if m := unknown.FindStringSubmatch(text); m != nil {
		return record.Wrongf(name, "there is no field %q here", "此处没有字段 %q", m[1])
	}
	text = strings.TrimPrefix(text, "yaml: ")
	return record.Wrongf(name, "cannot be read: %s", "无法读取：%s", text)
}
