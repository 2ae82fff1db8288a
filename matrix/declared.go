package matrix

import (
	"strings"

	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Undeclared returns the differences of a target from its declaration that are known before it runs; no certificate can be
// issued for such a target. here is this machine, on which native targets run.
func (t Target) Undeclared(here *record.Machine) []record.Sentence {
	switch {
	case t.Run == "native":
		return profile.Differs(store.Target{GOARCH: t.GOARCH, Chip: t.Chip, System: t.System}, here)
	case t.Run == "emulated" && t.Chip+t.System != "":
		return []record.Sentence{record.Sayf("declared %s, but emulated", "声明为 %s，但为模拟运行", strings.TrimSpace(t.Chip+" "+t.System))}
	}
	return nil
}
