package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/record"
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

// The specs of a suite are listed once for each build key, however many targets there are: listing takes half a second.
func TestPlanListsASuiteOnce(t *testing.T) {
	var p matrix.Plan
	for i := range 500 {
		for _, item := range []string{"crypto", "abi"} {
			key := build.Key{GOOS: "linux", GOARCH: []string{"amd64", "arm64"}[i%2]}
			p.Cells = append(p.Cells, matrix.Cell{Target: matrix.Target{ID: fmt.Sprint("t", i), Run: "native"}, Item: item, Key: key})
		}
	}
	asked := map[string]int{}
	specs := func(c matrix.Cell) ([]record.SpecPlan, error) {
		asked[c.Item+c.Key.GOARCH]++
		return make([]record.SpecPlan, len(c.Item)+len(c.Key.GOARCH)), nil
	}
	var out bytes.Buffer
	if err := (&app{out: &out, json: true, lang: "en"}).showPlan(p, specs, selection{}); err != nil {
		t.Fatal(err)
	}
	var got planJSON
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || len(got.Cells) != 1000 {
		t.Fatalf("%d cells: %v", len(got.Cells), err)
	}
	for i, c := range got.Cells {
		if want := len(c.Item) + len(p.Cells[i].Key.GOARCH); c.Specs != want {
			t.Errorf("%s: %d specs, want %d", c.Target, c.Specs, want)
		}
	}
	for what, n := range asked {
		if n != 1 {
			t.Errorf("%s was listed %d times", what, n)
		}
	}
}
