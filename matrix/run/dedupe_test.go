package run

import (
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// What asks for the code's own logic is left to a real machine with the same payload, or to the first of the others.
func TestWhoRunsTheSameCode(t *testing.T) {
	d := &dispatcher{targets: map[string]*target{}}
	for _, at := range []struct {
		id, launcher, payload string
		absent                bool
	}{
		{"hygon-vm", "vm", "amd64", false}, {"native", "native", "amd64", false}, {"zhaoxin-vm", "vm", "amd64", false},
		{"gone-vm", "vm", "arm64", true}, {"kunpeng-vm", "vm", "arm64", false}, {"phytium-vm", "vm", "arm64", false},
		{"loong64", "emulated", "loong64", false},
	} {
		d.targets[at.id] = &target{Target: launch.Target{ID: at.id, Name: at.launcher}, payload: build.Payload{Digest: at.payload}}
		if at.absent {
			d.targets[at.id].absent = &record.SpecEnd{Verdict: record.Miss}
		}
		for _, item := range []string{"crypto", "database"} {
			d.cells = append(d.cells, newCell(store.CellPlan{Target: at.id, Item: item}))
		}
	}
	want := map[string]string{"hygon-vm": "native", "zhaoxin-vm": "native", "phytium-vm": "kunpeng-vm"}
	for _, c := range d.cells {
		if d.targets[c.Target].absent != nil {
			continue
		}
		got := ""
		if o := d.sameCode(c); o != nil {
			if got = o.Target; o.Item != c.Item {
				t.Errorf("%s %s: left to the item %s", c.Target, c.Item, o.Item)
			}
		}
		if got != want[c.Target] {
			t.Errorf("%s %s: left to %q, want %q", c.Target, c.Item, got, want[c.Target])
		}
	}
}
