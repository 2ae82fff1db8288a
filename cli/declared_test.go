package cli

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix"
)

// A run says at once that it cannot be certified because the machine is not the declared one.
func TestUndeclared(t *testing.T) {
	for name, c := range map[string]struct {
		target matrix.Target
		want   string
	}{
		"nothing declared": {matrix.Target{ID: "t", GOARCH: runtime.GOARCH, Run: "native"}, ""},
		"another chip":     {matrix.Target{ID: "t", GOARCH: runtime.GOARCH, Run: "native", Chip: "no-such-chip"}, "target t: declared chip no-such-chip, found "},
		"another system":   {matrix.Target{ID: "t", GOARCH: runtime.GOARCH, Run: "native", System: "no-such-system"}, "target t: declared system no-such-system, found "},
		"emulated":         {matrix.Target{ID: "t", GOARCH: "arm64", Run: "emulated"}, ""},
		"a chip, emulated": {matrix.Target{ID: "t", GOARCH: "arm64", Run: "emulated", Chip: "kunpeng-920"}, "target t: declared kunpeng-920, but emulated"},
	} {
		var out bytes.Buffer
		a := &app{err: &out, lang: "en"}
		a.warnUndeclared([]matrix.Target{c.target})
		if got := out.String(); (got == "") != (c.want == "") || !strings.Contains(got, c.want) || strings.Count(got, "\n") > 1 {
			t.Errorf("%s: %q", name, got)
		}
	}
}
