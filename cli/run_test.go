package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
)

// quick runs the quick specs of the selftest natively, and returns the directory of the runs.
func quick(t *testing.T) (runs string) {
	t.Helper()
	dir := t.TempDir()
	got := try(t, program(t, dir, "run", "--suite", "selftest", "--target", "native", "--label", "!slow && !bench", "--quiet"))
	if got.code != exitLost || !strings.Contains(got.out, "SIGILL") {
		t.Fatalf("%+v", got)
	}
	return filepath.Join(dir, "results", "runs")
}

func TestDamagedRuns(t *testing.T) {
	runs := quick(t)
	for name, c := range map[string]struct {
		file   string
		how    func(string) string
		place  string
		en, zh string
	}{
		"corrupt journal line": {"journal.ndjson", func(s string) string { return strings.Replace(s, `"pass"`, `"fail"`, 1) }, "journal.ndjson:", "the hash does not follow", "哈希与前文不符"},
		"journal line removed": {"journal.ndjson", func(s string) string { _, rest, _ := strings.Cut(s, "\n"); return rest }, "journal.ndjson:1", "the hash does not follow", "哈希与前文不符"},
		"newer version":        {"manifest.json", func(s string) string { return strings.Replace(s, `"v": 2`, `"v": 99`, 1) }, "manifest.json", "made by a newer version", "更新的版本"},
		"corrupt manifest":     {"manifest.json", func(s string) string { return s[:20] }, "manifest.json", "damaged", "已损坏"},
	} {
		path := filepath.Join(runs, "latest", c.file)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(c.how(string(whole))), 0o644); err != nil {
			t.Fatal(err)
		}
		for lang, want := range map[string]string{"en": c.en, "zh": c.zh} {
			for _, args := range [][]string{{"show", "latest"}, {"run", "--resume", "latest"}} {
				got := call(append(args, "--runs", runs, "--lang", lang)...)
				if got.code != exitUsage || got.out != "" || strings.Count(got.err, "\n") != 1 ||
					!strings.Contains(got.err, c.place) || !strings.Contains(got.err, want) {
					t.Errorf("%s: %v: %+v", name, args, got)
				}
			}
		}
		if err := os.WriteFile(path, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := call("show", "latest", "--runs", runs); got.code != exitPass {
		t.Errorf("mended: %+v", got)
	}
}

func TestShowFormats(t *testing.T) {
	runs := quick(t)
	for format, want := range map[string]string{"text": "┌", "md": "| item |", "csv": "item,", "junit": "<testsuites"} {
		if got := call("show", "--runs", runs, "--format", format, "--lang", "en"); got.code != exitPass || !strings.Contains(got.out, want) {
			t.Errorf("%s: %d %.200s", format, got.code, got.out)
		}
	}
	if got := call("show", "--runs", runs, "--format", "papyrus"); got.code != exitUsage {
		t.Errorf("%+v", got)
	}
	var r render.Report
	if err := json.Unmarshal([]byte(call("show", "--runs", runs, "--json").out), &r); err != nil ||
		r.Targets[0].PageSize != os.Getpagesize() || r.Targets[0].Kernel == "" {
		t.Errorf("%+v, %v", r.Targets, err)
	}
}

// Without an emulator a target misses, and says what to do about it; nothing else goes wrong.
func TestWithoutAnEmulator(t *testing.T) {
	dir := t.TempDir()
	cmd := program(t, dir, "run", "--suite", "selftest", "--target", "arm64,loong64", "--quiet", "--json")
	cmd.Env = append(slices.DeleteFunc(cmd.Env, func(e string) bool { return strings.HasPrefix(e, "PATH=") }), "PATH="+dir)
	got := try(t, cmd)
	var r render.Report
	if err := json.Unmarshal([]byte(got.out), &r); err != nil || got.code != exitPass {
		t.Fatalf("%v, exit status %d: %s", err, got.code, got.err)
	}
	if len(r.Specs) < 40 {
		t.Errorf("%d specs", len(r.Specs))
	}
	for _, s := range r.Specs {
		if s.Verdict != record.Miss || !strings.Contains(s.Detail, "is not installed") || !strings.Contains(s.Remedy, "make setup") {
			t.Errorf("%+v", s)
		}
	}
}
