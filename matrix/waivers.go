package matrix

import (
	_ "embed"

	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

//go:embed waivers.yaml
var waivers []byte

// Waivers returns the waivers that ship with the program.
func Waivers() (waiver.List, error) { return waiver.Parse("matrix/waivers.yaml", waivers) }

// WaiversText returns the text of the waivers file that ships with the program.
func WaiversText() []byte { return waivers }
