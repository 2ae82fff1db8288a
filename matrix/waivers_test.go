package matrix

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// waiversSchema is the committed schema, compiled.
func waiversSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	raw, err := os.ReadFile("waivers.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("waivers.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("waivers.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON is a YAML text as the schema sees it.
func asJSON(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestOwnWaivers(t *testing.T) {
	if _, err := Waivers(); err != nil {
		t.Error(err)
	}
	if err := waiversSchema(t).Validate(asJSON(t, WaiversText())); err != nil {
		t.Error(err)
	}
}

func TestWaiversSchema(t *testing.T) {
	const whole = `finding: "crypto/x/*", owner: o, reason: r, link: "https://example.org/1", expires: "2027-06-30"`
	for text, ok := range map[string]bool{
		whole: true,
		`finding: "crypto/x/*", owner: o, reason: {en: r, zh: 因}, link: "https://example.org/1", expires: "2027-06-30", targets: ["a*"]`: true,
		whole + `, severity: low`: false,
		`finding: "*", owner: o, reason: r, link: "https://example.org/1", expires: "2027-06-30"`:            false,
		`finding: "crypto/x", owner: o, reason: r, link: "https://example.org/1"`:                            false,
		`finding: "crypto/x", owner: o, reason: r, link: nowhere, expires: "2027-06-30"`:                     false,
		`finding: "crypto/x", owner: o, reason: {zh: 因}, link: "https://example.org/1", expires: 2027-06-30`: false,
	} {
		err := waiversSchema(t).Validate(asJSON(t, []byte("waivers: [{"+text+"}]")))
		if (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}
