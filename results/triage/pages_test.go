package triage

import (
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/triage/waiver"

	"github.com/xcmatrix/xcmatrix/results/record"
)

func TestWhatFailsWherePagesAreNot4KiB(t *testing.T) {
	const sentence = "it fails where pages are not 4 KiB"
	outcomes := []result{{amd, "P"}, {fei, "P"}, {kun, "F"}, {lvm, "F"}}
	for name, c := range map[string]struct {
		pages map[string]int
		want  bool
	}{
		"so":                      {map[string]int{"native": 4096, "feiteng": 4096, "kunpeng": 65536, "loong64-vm": 16384}, true},
		"one fails with 4 KiB":    {map[string]int{"native": 4096, "feiteng": 4096, "kunpeng": 65536, "loong64-vm": 4096}, false},
		"one passes with 64 KiB":  {map[string]int{"native": 4096, "feiteng": 65536, "kunpeng": 65536, "loong64-vm": 16384}, false},
		"nobody says":             {nil, false},
		"one that fails does not": {map[string]int{"native": 4096, "feiteng": 4096, "kunpeng": 65536}, false},
	} {
		run := runOf("", outcomes...)
		for _, cell := range run.Cells {
			cell.Machine = &record.Machine{PageSize: c.pages[cell.Target]}
		}
		found := Apply(run, waiver.List{}, now).Findings
		if len(found) != 1 || found[0].Class != Platform {
			t.Fatalf("%s: %+v", name, found)
		}
		if got := strings.HasSuffix(found[0].Why.En, sentence); got != c.want {
			t.Errorf("%s: %s", name, found[0].Why.En)
		}
	}
}
