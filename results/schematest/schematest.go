// Package schematest checks that a committed JSON Schema and a Go type agree.
package schematest

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// Schema is a committed schema.
type Schema struct {
	Path     string
	compiled *jsonschema.Schema
	raw      node
}

// node is a schema, or a part of one, as in the file.
type node = map[string]any

// Load reads and compiles a schema, with its formats of strings.
func Load(t testing.TB, path string) *Schema {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(filepath.Base(path), doc); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	compiled, err := c.Compile(filepath.Base(path))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return &Schema{Path: path, compiled: compiled, raw: doc.(node)}
}

// Validate returns an error if a JSON text does not fit the schema.
func (s *Schema) Validate(text []byte) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return s.compiled.Validate(doc)
}

// ValidateYAML returns an error if a YAML text does not fit the schema.
func (s *Schema) ValidateYAML(text []byte) error {
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		return err
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.Validate(raw)
}

// Fits fails the test unless each field that the tag ("json", "yaml") names is in the schema, each property of the schema
// is in the type, and, for JSON, exactly the fields that are never left out are required.
func (s *Schema) Fits(t testing.TB, of reflect.Type, tag string) {
	t.Helper()
	s.fits(t, of, tag, s.raw, of.Name())
}

func (s *Schema) fits(t testing.TB, of reflect.Type, tag string, at node, path string) {
	t.Helper()
	at = s.follow(t, at, path)
	switch {
	case of.Kind() == reflect.Pointer:
		s.fits(t, of.Elem(), tag, at, path)
	case of == reflect.TypeFor[time.Time](), of == reflect.TypeFor[json.RawMessage](), of == reflect.TypeFor[[]byte](), of.Kind() == reflect.Map:
	case of.Kind() == reflect.Slice:
		if items, ok := at["items"].(node); ok {
			s.fits(t, of.Elem(), tag, items, path+"[]")
		} else {
			t.Errorf("%s: %s: no items", s.Path, path)
		}
	case of.Kind() == reflect.Struct:
		s.fitsStruct(t, of, tag, at, path)
	}
}

func (s *Schema) fitsStruct(t testing.TB, of reflect.Type, tag string, at node, path string) {
	t.Helper()
	properties, _ := at["properties"].(node)
	var there, always []string
	for i := range of.NumField() {
		name, options, _ := strings.Cut(of.Field(i).Tag.Get(tag), ",")
		if name == "" || name == "-" {
			continue
		}
		there = append(there, name)
		if options != "omitempty" {
			always = append(always, name)
		}
		if property, ok := properties[name].(node); ok {
			s.fits(t, of.Field(i).Type, tag, property, path+"."+name)
		}
	}
	same(t, s.Path+": "+path+": properties", slices.Collect(maps.Keys(properties)), there)
	if tag == "json" {
		var required []string
		list, _ := at["required"].([]any)
		for _, name := range list {
			required = append(required, name.(string))
		}
		same(t, s.Path+": "+path+": required", required, always)
	}
}

// follow returns the node that a reference points to.
func (s *Schema) follow(t testing.TB, at node, path string) node {
	t.Helper()
	for {
		ref, ok := at["$ref"].(string)
		if !ok {
			return at
		}
		defs, _ := s.raw["$defs"].(node)
		if at, ok = defs[strings.TrimPrefix(ref, "#/$defs/")].(node); !ok {
			t.Fatalf("%s: %s: %s points nowhere", s.Path, path, ref)
		}
	}
}

// same fails the test unless two lists of names are equal.
func same(t testing.TB, what string, schema, code []string) {
	t.Helper()
	slices.Sort(schema)
	slices.Sort(code)
	if !slices.Equal(schema, code) {
		t.Errorf("%s: the schema has %v, the type %v", what, schema, code)
	}
}

// Enum fails the test unless a definition of the schema lists exactly these values.
func (s *Schema) Enum(t testing.TB, def string, values ...string) {
	t.Helper()
	defs, _ := s.raw["$defs"].(node)
	at, _ := defs[def].(node)
	list, _ := at["enum"].([]any)
	var schema []string
	for _, v := range list {
		schema = append(schema, v.(string))
	}
	same(t, s.Path+": "+def, schema, slices.Clone(values))
}
