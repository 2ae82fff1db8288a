package profile

import (
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// A simulated ABI world shows that code runs; no level above L1 rests on it.
func TestSimulatedWorldIsCappedAtL1(t *testing.T) {
	for world, want := range map[string]bool{"": false, "simulated old world on Linux 7.2": true} {
		cells := []*store.CellRun{{Launches: []record.Launch{{Provenance: record.VM, Launcher: record.Launcher{World: world}}}}}
		for _, level := range Levels {
			_, refused := Rule{Level: level, Provenance: []record.Provenance{record.VM}}.foreign(cells)
			if refused != (want && level != L1) {
				t.Errorf("%s, world %q: refused %t", level, world, refused)
			}
		}
	}
}
