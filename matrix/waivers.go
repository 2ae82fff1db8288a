package matrix

import (
	_ "embed"

	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

//go:embed waivers.yaml
var waivers []byte

// Waivers returns the project's own known findings.
func Waivers() (waiver.List, error) { return waiver.Parse("matrix/waivers.yaml", waivers) }

// WaiversText returns the file that Waivers reads.
func WaiversText() []byte { return waivers }
