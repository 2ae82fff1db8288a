package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// failing writes a run in which one spec of crypto fails of each finding.
func failing(t *testing.T, runs, id string, findings ...string) {
	t.Helper()
	plan := store.CellPlan{Target: "native", Item: "crypto", Round: 1}
	for _, f := range findings {
		plan.Specs = append(plan.Specs, record.SpecPlan{ID: "shows " + f})
	}
	m := store.Manifest{Run: id, Created: time.Now().UTC(), Items: []string{"crypto"}, Cells: []store.CellPlan{plan},
		Targets: []store.Target{{ID: "native", GOOS: "linux", GOARCH: "amd64", Launcher: "native"}}}
	j, err := store.Create(runs, m)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	at := &store.Cell{Target: "native", Item: "crypto", Round: 1, Attempt: 1}
	put := func(e record.Event) {
		if err := j.AppendEvent(at, e); err != nil {
			t.Fatal(err)
		}
	}
	put(record.Event{Kind: record.KindLaunch, Launch: &record.Launch{Provenance: record.Native, Launcher: record.Launcher{Name: "native"}}})
	for i, f := range findings {
		spec := plan.Specs[i].ID
		put(record.Event{Kind: record.KindSpecStart, Spec: spec, Start: &record.SpecStart{}})
		put(record.Event{Kind: record.KindFinding, Spec: spec, Finding: &record.Finding{ID: f, Subject: "lib", Severity: record.High}})
		put(record.Event{Kind: record.KindSpecEnd, Spec: spec, End: &record.SpecEnd{Verdict: record.Fail}})
	}
	if err := j.Seal(); err != nil {
		t.Fatal(err)
	}
}

// waive writes waivers of everything below crypto/old, which no day ends before the test does.
func waive(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "waivers of mine.yaml")
	text := "waivers: [{finding: crypto/old/*, owner: o, reason: {en: r, zh: 理由}, link: 'https://example.org/1', expires: 2999-01-01}]\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The new finding is printed first and alone in full; those that are known are counted below it.
func TestFindingsFoldsWhatIsKnown(t *testing.T) {
	dir := t.TempDir()
	failing(t, dir, "r1", "crypto/old/a", "crypto/old/b", "crypto/young/c", "crypto/old/d")
	waivers := waive(t, dir)
	ask := func(more ...string) said {
		return call(append([]string{"findings", "r1", "--runs", dir, "--waivers", waivers, "--lang", "en"}, more...)...)
	}
	s := ask()
	if s.code != exitPass || !strings.HasPrefix(s.out, "library  high  crypto/young/c\n") || strings.Contains(s.out, "crypto/old/a") ||
		!strings.Contains(s.out, "3 known findings, which waivers cover; in full: ") || !strings.Contains(s.out, "findings r1 --known --lang en ") {
		t.Error(s)
	}
	if s := ask("--new"); !strings.Contains(s.out, "crypto/young/c") || strings.Contains(s.out, "known") {
		t.Error(s)
	}
	s = ask("--known")
	if young := strings.Index(s.out, "crypto/young/c"); young < 0 || strings.Index(s.out, "crypto/old/a") < young || strings.Count(s.out, "\n  waived by") != 3 {
		t.Error(s)
	}
	if s := ask("--new", "--known"); s.code != exitUsage || strings.Count(s.err, "\n") != 1 {
		t.Error(s)
	}
	var listed struct{ Findings []struct{ ID string } }
	if s := ask("--json"); json.Unmarshal([]byte(s.out), &listed) != nil || len(listed.Findings) != 4 || listed.Findings[0].ID != "crypto/young/c" {
		t.Error(s)
	}
	s = call("show", "r1", "--runs", dir, "--waivers", waivers, "--lang", "en")
	if at := strings.Index(s.out, "crypto/young/c"); at < 0 || strings.Contains(s.out, "crypto/old/a") || strings.Index(s.out, "Known findings") < at {
		t.Error(s)
	}
}

func TestFindingsSaysThatNothingIsNew(t *testing.T) {
	dir := t.TempDir()
	failing(t, dir, "r1", "crypto/old/a")
	if s := call("findings", "--runs", dir, "--waivers", waive(t, dir), "--lang", "zh", "--new"); s.out != "没有新问题\n" {
		t.Error(s)
	}
}
