package cli

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/triage"
	"github.com/xcmatrix/xcmatrix/suites"
)

// Two runs with different seeds differ in nothing that triage sees: no observation depends on the seed. The short form
// runs two suites, make seeds all of them.
func TestSeeds(t *testing.T) {
	items := []string{"abi", "toolchain"}
	if os.Getenv("XCMATRIX_TEST_SEEDS") == "all" {
		items = nil
		for _, s := range suites.All() {
			if !s.Hidden {
				items = append(items, s.Item)
			}
		}
	}
	dir := t.TempDir()
	for _, seed := range []string{"1", "2"} {
		said := try(t, program(t, dir, "run", "--target", "native", "--suite", strings.Join(items, ","), "--label", "!bench", "--seed", seed, "--quiet", "--runs", dir+"/runs"))
		if said.code != exitPass && said.code != exitFound {
			t.Fatalf("exit status %d\n%s%s", said.code, said.out, said.err)
		}
	}
	entries, err := os.ReadDir(dir + "/runs")
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"findings", "--json", "--runs", dir + "/runs"}
	for _, e := range entries {
		if e.IsDir() {
			args = append(args, e.Name())
		}
	}
	said := call(args...)
	var got struct{ Findings []triage.Finding }
	if err := json.Unmarshal([]byte(said.out), &got); err != nil || said.code != exitPass || len(args) != 6 {
		t.Fatalf("%v: %d %v\n%s%s", args, said.code, err, said.out, said.err)
	}
	for _, f := range got.Findings {
		if f.Class != triage.Environment && (strings.Contains(f.ID, "/differs/") || !slices.Equal(f.Targets, []string{"native", "native/2"})) {
			t.Errorf("%s (%s) on %v: %s", f.ID, f.Class, f.Targets, f.Evidence)
		}
	}
}
