package cli

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// benchRun writes a run of a machine that measured one benchmark in four rounds.
func benchRun(t *testing.T, root, id, goarch, chip string, value float64) {
	t.Helper()
	const item, spec = "gc", "measures work"
	m := store.Manifest{Run: id, Created: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC), Seed: 7, Tool: "v1.2.3", Go: "go1.26", Matrix: "sm3:0", Items: []string{item},
		Targets: []store.Target{{ID: "native", GOOS: "linux", GOARCH: goarch, Launcher: "native", BuildKey: "linux-" + goarch}}}
	for round := range 5 {
		m.Cells = append(m.Cells, store.CellPlan{Target: "native", Item: item, Round: round + 1, BuildKey: "linux-" + goarch,
			Specs: []record.SpecPlan{{ID: spec, Deadline: 30, Labels: []string{"bench"}}}})
	}
	j, err := store.Create(root, m)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	for _, c := range m.Cells {
		events := []record.Event{
			{Kind: record.KindLaunch, Launch: &record.Launch{Provenance: record.Native, Launcher: record.Launcher{Name: "native"}, BuildKey: c.BuildKey, Payload: "sha256:" + strings.Repeat("ab", 32)}},
			{Kind: record.KindMachine, Machine: &record.Machine{GOOS: "linux", GOARCH: goarch, Chip: chip, Cores: 4, PageSize: 4096, GoVersion: "go1.26"}},
			{Kind: record.KindSpecStart, Spec: spec, Start: &record.SpecStart{Deadline: 30}},
		}
		for n := range 6 {
			events = append(events, record.Event{Kind: record.KindSample, Spec: spec, Sample: &record.Sample{Name: "Work", Value: value + float64(n+c.Round)/10, Unit: "ns/op", Better: record.Lower}})
		}
		events = append(events, record.Event{Kind: record.KindSpecEnd, Spec: spec, End: &record.SpecEnd{Verdict: record.Pass}})
		for _, e := range events {
			e.Time = m.Created
			if err := j.AppendEvent(&store.Cell{Target: c.Target, Item: c.Item, Round: c.Round, Attempt: 1}, e); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := j.Seal(); err != nil {
		t.Fatal(err)
	}
}

// By chip there is one column for a chip, into which its machines are folded; --machines unfolds them.
func TestCompareByChip(t *testing.T) {
	root := t.TempDir()
	var ids []string
	for n, m := range []struct {
		goarch, chip string
		value        float64
	}{{"arm64", "kunpeng-920", 100}, {"arm64", "kunpeng-920", 104}, {"loong64", "3a6000", 200}} {
		ids = append(ids, fmt.Sprintf("20261121-08000%d-test", n))
		benchRun(t, root, ids[n], m.goarch, m.chip, m.value)
	}
	compared := func(flags ...string) string {
		code, out, err := typed(append(append([]string{"compare", "--runs", root, "--lang", "en", "--by", "chip", "--mixed"}, ids...), flags...)...)
		if code != exitPass {
			t.Errorf("%v: exit status %d: %s", flags, code, err)
		}
		return out
	}
	folded := compared()
	if !strings.Contains(folded, "kunpeng-920") || strings.Contains(folded, "kunpeng-920/2") || !strings.Contains(folded, "3a6000") || !strings.Contains(folded, "slower") {
		t.Errorf("folded:\n%s", folded)
	}
	unfolded := compared("--machines")
	for _, want := range []string{"kunpeng-920/2", "3a6000", "slower"} {
		if !strings.Contains(unfolded, want) {
			t.Errorf("unfolded: no %s in\n%s", want, unfolded)
		}
	}
	if code, _, err := typed("compare", "--runs", root, "--lang", "en", ids[0], ids[1], "--by", "target", "--machines"); code != exitUsage || !strings.Contains(err, "--machines: it goes with --by chip alone") {
		t.Errorf("%d %s", code, err)
	}
}
