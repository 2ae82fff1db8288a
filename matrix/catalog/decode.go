//go:build !carrier

package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// decode parses an embedded YAML file. It panics if the file is invalid, which the tests exclude.
func decode[T any](name string, text []byte) T {
	var v T
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&v); err != nil {
		panic(fmt.Sprintf("catalog: %s: %v", name, err))
	}
	return v
}

// InJSON returns the embedded files by name, as JSON. The small program that carries tests to another architecture has these
// in place of the YAML files, because it is built from this program's own source alone, and a reader of YAML is not in that.
func InJSON() (map[string][]byte, error) {
	files := map[string]any{"systems.yaml": systems(), "items.yaml": items()}
	for goarch, read := range chips {
		files["chips/"+goarch+".yaml"] = read()
	}
	texts := map[string][]byte{}
	for name, content := range files {
		text, err := json.Marshal(content)
		if err != nil {
			return nil, err
		}
		texts[name] = text
	}
	return texts, nil
}
