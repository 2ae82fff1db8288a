package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix/fleet/broker"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// slow are the verbs whose --json other tests read, or that take minutes, each with where it is seen.
var slow = map[string]string{
	"run":            "TestResume and others",
	"ab":             "compare_test.go: it runs suites for minutes",
	"bench":          "it measures the harness for minutes",
	"bench boots":    "it boots virtual machines",
	"bench fidelity": "fidelity_test.go",
	"bundle":         "bundle_test.go: it builds programs",
	"compare aa":     "it runs suites for minutes",
	"serve":          "TestServeSaysWhere: it does not end",
	"tune gc":        "TestTuneServer",
	"tune check":     "it tunes three workloads for minutes",
	"tune procs":     "it needs a control group: TestTuneProcs",
	"hub start":      "TestFleet: it does not end",
	"agent":          "TestFleet: it does not end",
	"agent install":  "it writes into the system",
	"watch":          "TestFleetDetached",
}

// TestJSONGoesWithEveryVerb: the pages say so. What is printed is JSON and nothing else.
func TestJSONGoesWithEveryVerb(t *testing.T) {
	dir := t.TempDir()
	runs, key, out := filepath.Join(dir, "runs"), filepath.Join(dir, "key"), filepath.Join(dir, "certificates")
	passing(t, runs, "r1", true)
	sampled(t, runs, "r2")
	t.Setenv(passphraseVariable, "correct horse")
	t.Setenv("XCMATRIX_LOCK", filepath.Join(dir, "lock"))
	ways := []struct {
		verb string
		args []string
	}{
		{"elf", []string{"/proc/self/exe"}}, {"detect", nil}, {"version", nil}, {"report", []string{"r1", "--out", filepath.Join(dir, "report")}}, {"doctor", []string{"--target", "native", "--suite", "abi"}}, {"exec", []string{"--suite", "selftest", "--list"}},
		{"plan", []string{"--target", "native", "--suite", "abi"}}, {"show", []string{"r1"}}, {"findings", []string{"r1"}}, {"history", nil}, {"test", []string{"--print-tree"}},
		{"pack", []string{"r1", "--out", filepath.Join(dir, "r1.xcr")}},
		{"compare", []string{bench(t, dir, "old", 100), bench(t, dir, "new", 120)}}, {"compare power", []string{"--comparisons", "5", "--rows", "1"}},
		{"compare synthetic", []string{"--out", filepath.Join(dir, "synthetic"), "--benchmarks", "2"}},
		{"agent kubernetes", []string{"--image", "x"}}, {"machine lock", []string{"--for", "1h"}}, {"machine status", nil}, {"machine unlock", nil},
		{"keygen", []string{"--out", key}}, {"certify", []string{"r1", "--key", key, "--out", out}},
		{"verify", []string{filepath.Join(out, "r1", "native")}}, {"publish", []string{out, "--to", filepath.Join(dir, "repository"), "--root", filepath.Join(key, "root.pem")}},
	}
	hub := filepath.Join(dir, "hub")
	if _, err := broker.OpenDirectory(hub, "127.0.0.1:1"); err != nil {
		t.Fatal(err)
	}
	for _, w := range [][]string{{"hub enrol", "m1", "--out", filepath.Join(dir, "m1")}, {"hub machines"}, {"hub reserve", "m1"}, {"hub revoke", "m1"}} {
		ways = append(ways, struct {
			verb string
			args []string
		}{w[0], append(w[1:], "--dir", hub)})
	}
	tried := map[string]bool{}
	for _, w := range ways {
		tried[w.verb] = true
		s := call(append(append(strings.Fields(w.verb), w.args...), "--json", "--runs", runs)...)
		if s.code == exitUsage || !json.Valid([]byte(s.out)) {
			t.Errorf("%s: %+v", w.verb, s)
		}
	}
	a := &app{lang: "en"}
	for _, verb := range leaves(a.root(false), nil) {
		if name := strings.Join(verb, " "); !tried[name] && slow[name] == "" {
			t.Errorf("%s --json is not tried", name)
		}
	}
}

// bench writes a file of one benchmark, measured five times.
func bench(t *testing.T, dir, name string, ns int) string {
	t.Helper()
	var text strings.Builder
	for i := range 5 {
		fmt.Fprintf(&text, "BenchmarkWork 1000 %d ns/op\n", ns+i)
	}
	path := filepath.Join(dir, name+".txt")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sampled writes a run with one sample of one benchmark.
func sampled(t *testing.T, runs, id string) {
	t.Helper()
	spec := record.SpecPlan{ID: "measures", Labels: []string{"bench"}}
	m := store.Manifest{Run: id, Created: time.Now().UTC(), Items: []string{"crypto"}, Targets: []store.Target{{ID: "native", GOOS: "linux", GOARCH: "amd64", Launcher: "native"}},
		Cells: []store.CellPlan{{Target: "native", Item: "crypto", Round: 1, Specs: []record.SpecPlan{spec}}}}
	j, err := store.Create(runs, m)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	for _, e := range []record.Event{
		{Kind: record.KindLaunch, Launch: &record.Launch{Provenance: record.Native, Launcher: record.Launcher{Name: "native"}}},
		{Kind: record.KindSpecStart, Spec: spec.ID, Start: &record.SpecStart{}},
		{Kind: record.KindSample, Spec: spec.ID, Sample: &record.Sample{Name: "work", Value: 100, Unit: "MB/s", Better: record.Higher, N: 10}},
		{Kind: record.KindSpecEnd, Spec: spec.ID, End: &record.SpecEnd{Verdict: record.Pass}},
	} {
		if err := j.AppendEvent(&store.Cell{Target: "native", Item: "crypto", Round: 1, Attempt: 1}, e); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Seal(); err != nil {
		t.Fatal(err)
	}
}

// leaves are the commands that run something, with the words that lead to them.
func leaves(c *cobra.Command, above []string) [][]string {
	var all [][]string
	for _, sub := range c.Commands() {
		if !sub.IsAvailableCommand() {
			continue
		}
		words := append(append([]string{}, above...), sub.Name())
		if sub.RunE != nil {
			all = append(all, words)
		}
		all = append(all, leaves(sub, words)...)
	}
	return all
}
