package claim

import (
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// A target may be called after a chip that it is not: the sentence names the chip that was read.
func TestSentenceNamesTheChip(t *testing.T) {
	for _, c := range []struct {
		provenance record.Provenance
		machine    *record.Machine
		en, zh     string
	}{
		{record.Native, &record.Machine{Chip: "generic-x86-64"}, `on target "kunpeng-920" (native; chip as read there: "generic-x86-64")`, `目标 "kunpeng-920"（实机；读取到的芯片："generic-x86-64"）`},
		{record.Native, &record.Machine{}, `on target "kunpeng-920" (native; its chip was not recognised)`, `（实机；芯片未识别）`},
		{record.Emulated, &record.Machine{Chip: "kunpeng-920"}, `on target "kunpeng-920" (emulated; on no real chip)`, `（模拟；并非真实芯片）`},
		{"", nil, `on target "kunpeng-920" (never run; the machine is not known)`, `（未运行；机器未知）`},
	} {
		said := Claim{Target: store.Target{ID: "kunpeng-920"}, Provenance: c.provenance, Machine: c.machine}.Sentence()
		if !strings.Contains(said.En, c.en) || !strings.Contains(said.Zh, c.zh) {
			t.Errorf("%s\n%s\nwant %s\n%s", said.En, said.Zh, c.en, c.zh)
		}
	}
}
