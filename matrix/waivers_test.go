package matrix

import (
	"testing"

	"github.com/xcmatrix/xcmatrix/results/schematest"
)

func TestOwnWaivers(t *testing.T) {
	if _, err := Waivers(); err != nil {
		t.Error(err)
	}
	if err := schematest.Load(t, "waivers.schema.json").ValidateYAML(WaiversText()); err != nil {
		t.Error(err)
	}
}

func TestWaiversSchema(t *testing.T) {
	const whole = `finding: "crypto/x/*", owner: o, reason: r, link: "https://example.org/1", expires: "2027-06-30"`
	for text, ok := range map[string]bool{
		whole: true,
		`finding: "crypto/x/*", owner: o, reason: {en: r, zh: 因}, link: "https://example.org/1", expires: "2027-06-30", targets: ["a*"]`: true,
		whole + `, severity: low`:   true,
		whole + `, severity: grave`: false,
		whole + `, colour: red`:     false,
		`finding: "*", owner: o, reason: r, link: "https://example.org/1", expires: "2027-06-30"`:            false,
		`finding: "crypto/x", owner: o, reason: r, link: "https://example.org/1"`:                            false,
		`finding: "crypto/x", owner: o, reason: r, link: nowhere, expires: "2027-06-30"`:                     false,
		`finding: "crypto/x", owner: o, reason: {zh: 因}, link: "https://example.org/1", expires: 2027-06-30`: false,
	} {
		err := schematest.Load(t, "waivers.schema.json").ValidateYAML([]byte("waivers: [{" + text + "}]"))
		if (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}
