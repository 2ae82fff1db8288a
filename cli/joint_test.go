package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// labRun writes a run that was made natively on a chip, with specs that pass; the second of an item fails where the
// architecture is loong64.
func labRun(t testing.TB, root, id, goarch, chip string, items, specs int) string {
	t.Helper()
	m := store.Manifest{Run: id, Created: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC), Seed: 7, Tool: "v1.2.3", Go: "go1.26", Matrix: "sm3:0",
		Targets: []store.Target{{ID: "native", GOOS: "linux", GOARCH: goarch, Launcher: "native", BuildKey: "linux-" + goarch}}}
	for i := range items {
		cell := store.CellPlan{Target: "native", Item: fmt.Sprint("item", i), Round: 1, BuildKey: "linux-" + goarch}
		for n := range specs {
			cell.Specs = append(cell.Specs, record.SpecPlan{ID: fmt.Sprintf("group %d / spec %d", n/10, n), Deadline: 30})
		}
		m.Items, m.Cells = append(m.Items, cell.Item), append(m.Cells, cell)
	}
	j, err := store.Create(root, m)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	for _, c := range m.Cells {
		put := func(e record.Event) {
			e.Time = m.Created
			if err := j.AppendEvent(&store.Cell{Target: c.Target, Item: c.Item, Round: 1, Attempt: 1}, e); err != nil {
				t.Fatal(err)
			}
		}
		put(record.Event{Kind: record.KindLaunch, Launch: &record.Launch{Provenance: record.Native, Launcher: record.Launcher{Name: "native"}, BuildKey: c.BuildKey, Payload: "sha256:" + strings.Repeat("ab", 32)}})
		put(record.Event{Kind: record.KindMachine, Machine: &record.Machine{GOOS: "linux", GOARCH: goarch, Chip: chip, System: "kylin-v10-sp3", Cores: 4, PageSize: 4096, GoVersion: "go1.26"}})
		for n, s := range c.Specs {
			put(record.Event{Kind: record.KindSpecStart, Spec: s.ID, Start: &record.SpecStart{Deadline: 30}})
			end := record.SpecEnd{Verdict: record.Pass, Seconds: 0.01}
			if n == 1 && goarch == "loong64" {
				why := record.Say("planted", "预设")
				end.Verdict, end.Detail = record.Fail, &why
			}
			put(record.Event{Kind: record.KindSpecEnd, Spec: s.ID, End: &end})
		}
	}
	if err := j.Seal(); err != nil {
		t.Fatal(err)
	}
	return j.Dir
}

// fiveMachines are runs of five machines.
func fiveMachines(t testing.TB, root string, items, specs int) []string {
	var ids []string
	for n, m := range [][2]string{{"arm64", "kunpeng-920"}, {"arm64", "phytium-ft2000plus"}, {"loong64", "loongson-3a6000"}, {"amd64", "hygon-c86-3g"}, {"arm64", "kunpeng-920"}} {
		id := fmt.Sprintf("20261121-08000%d-test", n)
		labRun(t, root, id, m[0], m[1], items, specs)
		ids = append(ids, id)
	}
	return ids
}

func TestShowSeveral(t *testing.T) {
	root := t.TempDir()
	ids := fiveMachines(t, root, 2, 3)
	said := call(append([]string{"show", "--runs", root, "--lang", "en"}, ids...)...)
	for _, want := range []string{"kunpeng-920 ", "phytium-ft2000plus", "loongson-3a6000", "hygon-c86-3g", "kunpeng-920/2", "1 fail  2 pass", "findings " + strings.Join(ids, " ")} {
		if !strings.Contains(said.out, want) {
			t.Errorf("%q is missing in\n%s%s", want, said.out, said.err)
		}
	}
	if said.code != exitPass {
		t.Errorf("exit status %d", said.code)
	}
	found := call(append([]string{"findings", "--runs", root, "--lang", "en"}, ids...)...)
	if !strings.Contains(found.out, "platform") || !strings.Contains(found.out, "fails on loongson-3a6000, passes on kunpeng-920") {
		t.Errorf("%s%s", found.out, found.err)
	}
	json := call(append([]string{"show", "--json", "--runs", root, "--as", "east=" + ids[0]}, ids...)...)
	for _, want := range []string{`"id": "east"`, `"id": "kunpeng-920"`, `"run": "20261121-080004-test"`, `"declared": "native"`, `"runs": [`} {
		if !strings.Contains(json.out, want) {
			t.Errorf("%q is missing in\n%s%s", want, json.out, json.err)
		}
	}
	for _, format := range []string{"md", "csv", "junit", "speed"} {
		if said := call(append([]string{"show", "--format", format, "--runs", root}, ids...)...); said.code != exitPass || !strings.Contains(said.out, "kunpeng-920/2") {
			t.Errorf("%s: %s%s", format, said.out, said.err)
		}
	}
	bad := call("show", ids[0], "--runs", root, "--lang", "en", "--as", "x=nothing")
	if bad.code != exitUsage || !strings.Contains(bad.err, "--as: nothing is none of the runs that are named") {
		t.Errorf("%d %s", bad.code, bad.err)
	}
}

// One damaged run among five is named, the other four are shown, and the exit status tells.
func TestShowDamaged(t *testing.T) {
	root := t.TempDir()
	ids := fiveMachines(t, root, 2, 3)
	journal := filepath.Join(root, ids[1], "journal.ndjson")
	text, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(journal, text[1:], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"show", "findings"} {
		said := call(append([]string{verb, "--runs", root, "--lang", "en"}, ids...)...)
		if said.code != exitUsage || strings.Count(said.err, "\n") != 1 || !strings.Contains(said.err, ids[1]) || !strings.Contains(said.out, "loongson-3a6000") || strings.Contains(said.out, "phytium") {
			t.Errorf("%s: %d %s\n%s", verb, said.code, said.err, said.out)
		}
	}
}

// ownPeak returns the most memory that this process has had, in KiB.
func ownPeak(t *testing.T) int64 {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return usage.Maxrss
}

// 300,000 specs of five runs are shown in a second and a half and 400 MB. The short form shows a tenth, and is not timed:
// other tests run at the same time.
func TestShowScale(t *testing.T) {
	all := os.Getenv("XCMATRIX_TEST_SCALE") != ""
	specs, most := 500, int64(400<<10)
	if all {
		specs = 5000
	}
	root := t.TempDir()
	ids := fiveMachines(t, root, 12, specs)
	best := time.Hour
	most = max(most, ownPeak(t)) // the kernel counts the pages of whoever starts a process as that process's
	for range 3 {
		cmd := program(t, root, append([]string{"show", "--runs", root, "--lang", "en"}, ids...)...)
		start := time.Now()
		said := try(t, cmd)
		took := time.Since(start)
		usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		if said.code != exitPass || !strings.Contains(said.out, fmt.Sprint(specs, " pass")) || usage.Maxrss > most {
			t.Fatalf("exit status %d, %d KiB (most %d)\n%s%s", said.code, usage.Maxrss, most, said.out, said.err)
		}
		best = min(best, took)
		t.Logf("%d specs: %v, of processors %v, %d MiB", 5*12*specs, took.Round(time.Millisecond),
			(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Round(time.Millisecond), usage.Maxrss>>10)
		if !all {
			return
		}
	}
	if best > 1500*time.Millisecond {
		t.Errorf("the best of three took %v", best)
	}
}
