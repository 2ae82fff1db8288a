package joint

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

// on is a machine that a run of its own was made on.
func on(id, goarch, chip string, p record.Provenance) trial.Target {
	return trial.Target{Provenance: p, Target: store.Target{ID: id, GOOS: "linux", GOARCH: goarch, Chip: chip, Launcher: "native", BuildKey: "k"}}
}

func dirOf(t *testing.T, run string, specs int, targets ...trial.Target) string {
	return trial.Dir(t, trial.Shape{Run: run, Targets: targets, Items: []string{"crypto", "abi"}, Specs: specs})
}

// five are runs of five machines, two of which have one chip and one a chip that nobody knows.
func five(t *testing.T) []string {
	return []string{
		dirOf(t, "20261121-080001-aaaa", 3, on("native", "arm64", "kunpeng-920", record.Native)),
		dirOf(t, "20261121-080002-bbbb", 3, on("native", "arm64", "phytium-ft2000plus", record.Native)),
		dirOf(t, "20261121-080003-cccc", 3, on("native", "loong64", "3a6000", record.Native)),
		dirOf(t, "20261121-080004-dddd", 3, on("native", "arm64", "kunpeng-920", record.Native)),
		dirOf(t, "20261121-080005-eeee", 3, on("native", "amd64", "generic-x86-64", record.Native), on("arm64", "arm64", "", record.Emulated)),
	}
}

func isChip(id string) bool { return !strings.HasPrefix(id, "generic-") }

func inputs(t *testing.T, refs []string, as ...string) []Input {
	t.Helper()
	list, err := Inputs(refs, as)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func load(t *testing.T, refs []string, as ...string) *store.Run {
	t.Helper()
	runs, problems, err := Load(t.TempDir(), inputs(t, refs, as...))
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	return Join(runs, isChip)
}

func columns(run *store.Run) string {
	var ids []string
	for _, t := range run.Manifest.Targets {
		ids = append(ids, t.ID)
	}
	return strings.Join(ids, " ")
}

func TestColumns(t *testing.T) {
	dirs := five(t)
	run := load(t, dirs)
	if got := columns(run); got != "kunpeng-920 phytium-ft2000plus 3a6000 kunpeng-920/2 native arm64" {
		t.Errorf("%s", got)
	}
	if o := run.Origin("kunpeng-920/2"); o.Target != "native" || o.Run.Manifest.Run != "20261121-080004-dddd" {
		t.Errorf("%+v", o)
	}
	if run.Seal == nil || len(run.Cells) != 12 || len(run.Parts) != 5 {
		t.Errorf("%v, %d cells, %d parts", run.Seal, len(run.Cells), len(run.Parts))
	}
	if got := columns(load(t, dirs, "east="+dirs[3], "west="+dirs[4])); got != "kunpeng-920 phytium-ft2000plus 3a6000 east west west-arm64" {
		t.Errorf("%s", got)
	}
	if got := columns(load(t, dirs[:1])); got != "native" {
		t.Errorf("one run: %s", got)
	}
	if got := columns(load(t, dirs[:1], "lab="+dirs[0])); got != "lab" {
		t.Errorf("one run with a name: %s", got)
	}
	if got := columns(load(t, []string{dirs[0], dirs[0] + "/"})); got != "native" {
		t.Errorf("given twice: %s", got)
	}
}

// A defect on one chip among five is the platform's, the chip is named, and its command is for the run that shows it.
func TestTriageOverAll(t *testing.T) {
	run := load(t, five(t))
	found := triage.Apply(run, nil, time.Now())
	for _, f := range found.Findings {
		if f.ID != "abi/planted" {
			continue
		}
		if f.Class != triage.Platform || !slices.Equal(f.Targets, []string{"3a6000"}) || !strings.Contains(f.Why.En, "fails on 3a6000, passes on kunpeng-920, phytium-ft2000plus, kunpeng-920/2, native") ||
			!strings.Contains(strings.Join(f.Reproduce, " "), "--target native ") {
			t.Errorf("%+v", f)
		}
		return
	}
	t.Errorf("no finding: %+v", found.Findings)
}

// A waiver goes by the targets of the run that it was written for: what is known in one run is known beside others.
func TestWaivers(t *testing.T) {
	list, err := waiver.Parse("w.yaml", []byte("waivers:\n- {finding: abi/planted, owner: x, reason: y, link: https://example.org, expires: 2099-01-01, targets: [native]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	run := load(t, five(t))
	found := triage.Apply(run, list, time.Now())
	for _, f := range found.Findings {
		if f.ID == "abi/planted" && f.Waiver == "" {
			t.Errorf("%+v", f)
		}
	}
	known := 0
	for _, c := range run.Cells {
		known += c.Count()[record.Known]
	}
	if known != 1 {
		t.Errorf("%d known", known)
	}
}

// What only one program version plans is not planned elsewhere, and the versions are named.
func TestGaps(t *testing.T) {
	run := load(t, []string{dirOf(t, "20261121-080001-aaaa", 3, on("native", "arm64", "a", record.Native)),
		dirOf(t, "20261121-080002-bbbb", 5, on("native", "arm64", "b", record.Native)),
		trial.Dir(t, trial.Shape{Run: "20261121-080003-cccc", Targets: []trial.Target{on("native", "amd64", "c", record.Native)}, Items: []string{"crypto"}, Specs: 5})})
	run.Parts[1].Manifest.Tool = "v1.3.0"
	var got []string
	for _, g := range Gaps(run, "en") {
		got = append(got, g.Target+" "+g.Item+" "+strings.Join(g.Specs, ","))
	}
	want := []string{"a crypto group 0 / spec 3,group 0 / spec 4", "a abi group 0 / spec 3,group 0 / spec 4",
		"c abi measures,group 0 / spec 0,group 0 / spec 1,group 0 / spec 2,group 0 / spec 3,group 0 / spec 4"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	told := Warnings(run)
	if len(told) != 1 || told[0].En != "the runs differ in program version: v1.2.3 in 20261121-080001-aaaa, 20261121-080003-cccc; v1.3.0 in 20261121-080002-bbbb" ||
		!strings.Contains(told[0].Zh, "程序版本") {
		t.Errorf("%+v", told)
	}
	for _, p := range run.Parts {
		p.Manifest.Plan = "sm3:1"
	}
	if told := Warnings(run); len(told) > 0 {
		t.Errorf("runs of one plan: %+v", told)
	}
	if gaps := Gaps(load(t, five(t)), "en"); len(gaps) > 0 {
		t.Errorf("%+v", gaps)
	}
}

// One damaged run is named, and the others are shown.
func TestDamagedRun(t *testing.T) {
	dirs := five(t)
	journal := filepath.Join(dirs[1], "journal.ndjson")
	text, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(journal, []byte(strings.Replace(string(text), `"pass"`, `"fail"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	runs, problems, err := Load(t.TempDir(), inputs(t, dirs))
	if err != nil || len(problems) != 1 || !strings.Contains(problems[0].Error(), "journal.ndjson:") {
		t.Fatal(err, problems)
	}
	if got := columns(Join(runs, isChip)); got != "kunpeng-920 3a6000 kunpeng-920/2 native arm64" {
		t.Errorf("%s", got)
	}
}

func TestSameIDOtherContent(t *testing.T) {
	a := dirOf(t, "20261121-080001-aaaa", 3, on("native", "arm64", "a", record.Native))
	b := dirOf(t, "20261121-080001-aaaa", 4, on("native", "arm64", "a", record.Native))
	if _, _, err := Load(t.TempDir(), inputs(t, []string{a, b})); err == nil || !strings.Contains(err.Error(), "and other content: name one of them") {
		t.Errorf("%v", err)
	}
}

func TestBadNames(t *testing.T) {
	for as, want := range map[string]string{"lab": "is not NAME=RUN", "=a": "is not NAME=RUN", "a/b=a": "cannot be a name", "lab=b": "none of the runs that are named"} {
		if _, err := Inputs([]string{"a"}, []string{as}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", as, err)
		}
	}
	for _, as := range [][]string{{"x=a", "y=a"}, {"x=a", "y=./a"}} {
		if _, err := Inputs([]string{"a"}, as); err == nil || !strings.Contains(err.Error(), "--as: ") || !strings.Contains(err.Error(), "is given two names, x and y: leave one out") {
			t.Errorf("%v: %v", as, err)
		}
	}
	dir := dirOf(t, "20261121-080001-aaaa", 3, on("native", "arm64", "a", record.Native))
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load(t.TempDir(), inputs(t, []string{dir, link}, "x="+dir, "y="+link)); err == nil || !strings.Contains(err.Error(), "20261121-080001-aaaa is given two names, x and y") {
		t.Errorf("one run by two paths: %v", err)
	}
	if _, err := Inputs([]string{"a", "b"}, []string{"x=a", "x=b"}); err == nil || !strings.Contains(err.Error(), "given to two runs") {
		t.Errorf("%v", err)
	}
}

// What differs between runs is a finding, as between the targets of one.
func TestObservations(t *testing.T) {
	run := load(t, five(t))
	for _, c := range run.Cells {
		if c.Target == "kunpeng-920/2" && c.Item == "abi" {
			c.Observations[0].Value = json.RawMessage("32")
		}
	}
	found := triage.Apply(run, nil, time.Now())
	if !slices.ContainsFunc(found.Findings, func(f triage.Finding) bool {
		return f.ID == "abi/measures/differs/bits" && slices.Equal(f.Targets, []string{"kunpeng-920/2"})
	}) {
		t.Errorf("%+v", found.Findings)
	}
}
