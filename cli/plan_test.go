package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A plan says by which launcher each cell runs, and why one that the target prefers was not taken.
func TestPlanShowsTheLauncher(t *testing.T) {
	file := filepath.Join(t.TempDir(), "m.yaml")
	const text = `version: 1
suites: [abi]
targets:
  - {id: here, run: native}
  - {id: either, goarch: arm64, run: [vm, emulated], cpu: max, vm: {kernel: no-such-series}}
  - {id: neither, goarch: arm64, run: [vm], cpu: max, vm: {kernel: no-such-series}}
`
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	got := call("plan", "--matrix", file, "--json")
	var p planJSON
	if err := json.Unmarshal([]byte(got.out), &p); err != nil || got.code != exitPass {
		t.Fatalf("%v: %+v", err, got)
	}
	var launchers []string
	for _, c := range p.Cells {
		launchers = append(launchers, c.Target+" "+c.Launcher)
	}
	if want := []string{"here native", "either emulated", "neither vm"}; !slices.Equal(launchers, want) {
		t.Errorf("%q, want %q", launchers, want)
	}
	if len(p.PassedOver) != 1 || p.PassedOver[0].Target != "either" || p.PassedOver[0].Launcher != "vm" ||
		!strings.Contains(p.PassedOver[0].Why, "the kernel no-such-series is not here: run `scripts/kernel no-such-series`") {
		t.Errorf("%+v", p.PassedOver)
	}
	for lang, words := range map[string][]string{
		"en": {"LAUNCHER NOT TAKEN", "the kernel no-such-series is not here"},
		"zh": {"未采用的运行方式", "没有内核 no-such-series"},
	} {
		got := call("plan", "--matrix", file, "--lang", lang)
		for _, w := range words {
			if !strings.Contains(got.out, w) {
				t.Errorf("%s: no %q in\n%s", lang, w, got.out)
			}
		}
	}
	if got := call("plan", "--matrix", file, "--target", "here"); strings.Contains(got.out, "LAUNCHER NOT TAKEN") {
		t.Errorf("nothing was passed over:\n%s", got.out)
	}
}
