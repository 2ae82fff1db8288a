package run

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// confirming is a dispatcher with a journal, and a cell of tests on an emulated target with verdicts by their names.
func confirming(t *testing.T, verdicts map[string]record.Verdict) (*dispatcher, *cell) {
	t.Helper()
	plan := store.CellPlan{Target: "loong64", Item: record.ItemTest, Round: 1}
	for id := range verdicts {
		s := record.SpecPlan{ID: id, Deadline: 1}
		if strings.HasSuffix(id, "/build") {
			s.Labels = []string{record.LabelBuild}
		}
		if strings.Contains(id, "/Benchmark") {
			s.Labels = []string{record.LabelBench}
		}
		plan.Specs = append(plan.Specs, s)
	}
	declared := store.Target{ID: "loong64", GOOS: "linux", GOARCH: "loong64", Launcher: "emulated", BuildKey: "linux-loong64"}
	m := store.Manifest{Run: "test", Created: time.Now(), Seed: 1, Items: []string{record.ItemTest}, Targets: []store.Target{declared}, Cells: []store.CellPlan{plan}}
	j, err := store.Create(filepath.Join(t.TempDir(), "runs"), m)
	if err != nil {
		t.Fatal(err)
	}
	c := newCell(plan)
	for id, v := range verdicts {
		c.verdicts[id] = v
	}
	launched, err := launch.TargetOf(declared)
	if err != nil {
		t.Fatal(err)
	}
	return &dispatcher{Options: Options{Manifest: m}, journal: j, targets: map[string]*target{"loong64": {Target: launched}}}, c
}

// Only tests that failed or skipped under the emulator are asked for again: no build, no benchmark, nothing that passed or was miss.
func TestDoubtful(t *testing.T) {
	_, c := confirming(t, map[string]record.Verdict{"test/m/TestFails": record.Fail, "test/m/TestCrashes": record.Crash, "test/m/TestHangs": record.Timeout,
		"test/m/TestSkips": record.Skip, "test/m/TestPasses": record.Pass, "test/m/TestMisses": record.Miss, "test/m/build": record.Fail, "test/m/BenchmarkX": record.Fail})
	var ids []string
	for _, s := range c.doubtful() {
		ids = append(ids, s.ID)
	}
	slices.Sort(ids)
	if want := []string{"test/m/TestCrashes", "test/m/TestFails", "test/m/TestHangs", "test/m/TestSkips"}; !slices.Equal(ids, want) {
		t.Errorf("%v", ids)
	}
}

// TestRecordConfirmed: what a real kernel's verdict says of the emulator's.
func TestRecordConfirmed(t *testing.T) {
	for _, c := range []struct {
		emulated, real record.Verdict
		cause          record.Cause // that the test's own process reported
		want           record.Cause
		id             string // of the finding; "" for none
		severity       record.Severity
	}{
		{record.Fail, record.Pass, "", record.CauseKernel, "test/m/TestX", record.Low},
		{record.Crash, record.Pass, record.CauseEmulator, record.CauseKernel, "test/m/TestX", record.Low},
		{record.Skip, record.Pass, "", record.CauseSkipped, "test/m/TestX" + record.SkippedSuffix, record.Low},
		{record.Fail, record.Fail, "", "", "test/m/TestX", record.Medium},
		{record.Fail, record.Crash, record.CauseEmulator, "", "test/m/TestX", record.Medium}, // it is not the emulator's fault, whatever that said
		{record.Timeout, record.Timeout, "", "", "test/m/TestX", record.Medium},
		{record.Fail, record.Fail, record.CauseFusion, record.CauseFusion, "", ""}, // what is proved stays
		{record.Skip, record.Skip, "", "", "", ""},
		{record.Skip, record.Fail, "", "", "", ""},
		{record.Fail, record.Miss, "", "", "", ""},
		{record.Fail, "", "", "", "", ""}, // the virtual machine said nothing of it
	} {
		d, cell := confirming(t, map[string]record.Verdict{"test/m/TestX": c.emulated})
		if c.cause != "" {
			cell.causes["test/m/TestX"] = c.cause
		}
		verdicts := map[string]record.Verdict{}
		if c.real != "" {
			verdicts["test/m/TestX"] = c.real
		}
		if err := d.recordConfirmed(cell, "loong64-vm", cell.Specs, verdicts); err != nil {
			t.Fatal(err)
		}
		found := findingsIn(t, d)
		if c.id == "" {
			if len(found) > 0 || cell.causes["test/m/TestX"] != c.want {
				t.Errorf("%+v: %+v, cause %q", c, found, cell.causes["test/m/TestX"])
			}
			continue
		}
		if len(found) != 1 || found[0].ID != c.id || found[0].Cause != c.want || found[0].Severity != c.severity || found[0].Subject != "m" || !strings.Contains(found[0].Evidence, "in loong64-vm") {
			t.Errorf("%+v: %+v", c, found)
		}
	}
}

// findingsIn returns the findings in a dispatcher's journal.
func findingsIn(t *testing.T, d *dispatcher) []record.Finding {
	t.Helper()
	run, err := store.Load(d.journal.Dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []record.Finding
	for _, f := range run.Cells[0].Findings {
		all = append(all, f.Finding)
	}
	return all
}

// TestConfirmWithoutAMachine: a virtual machine that cannot be asked is told of, and is no finding; where nothing is doubtful, none
// is asked.
func TestConfirmWithoutAMachine(t *testing.T) {
	for verdict, want := range map[record.Verdict]int{record.Fail: 1, record.Pass: 0} {
		d, cell := confirming(t, map[string]record.Verdict{"test/m/TestX": verdict})
		asked, said := 0, 0
		d.Confirm = func(goarch string) []store.Target {
			asked++
			return []store.Target{{ID: "broken-vm", GOOS: "linux", GOARCH: goarch, Launcher: "no such launcher", BuildKey: "linux-" + goarch}}
		}
		d.Notice = func(target string, what record.Sentence) {
			said++
			if target != "loong64" || !strings.Contains(what.En, "broken-vm cannot be asked") || what.Zh == what.En {
				t.Errorf("%s: %+v", target, what)
			}
		}
		if err := d.confirm(t.Context(), cell); err != nil {
			t.Fatal(err)
		}
		if found := findingsIn(t, d); asked != want || said != want || len(found) > 0 {
			t.Errorf("%s: asked %d times, said %d times, %+v", verdict, asked, said, found)
		}
	}
}
