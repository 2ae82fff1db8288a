// Package trial writes made-up runs for tests, in directories of their own, with every kind of event.
package trial

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Began is the time at which every made-up run began.
var Began = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

// Version is the version of the program that made every made-up run.
const Version = "v1.2.3"

// Shape of a run.
type Shape struct {
	Targets []Target
	Items   []string
	Specs   int    // for each item on each target
	Rounds  int    // of the first item
	Odd     string // is in every name that another machine gives: specs, chips, kernels
	Open    bool   // without a seal, like a run that has not ended
	Run     string // its id; the default one if ""

	Unrecorded bool // without the full plan, like runs of older versions
}

// Target is a declared target, and how its payloads were launched.
type Target struct {
	store.Target
	Provenance record.Provenance
}

// Base is a native amd64, and two emulated targets.
var Base = []Target{
	{store.Target{ID: "native", GOOS: "linux", GOARCH: "amd64", Launcher: "native", BuildKey: "linux-amd64-v1"}, record.Native},
	{store.Target{ID: "arm64", GOOS: "linux", GOARCH: "arm64", Launcher: "emulated", CPU: "max", BuildKey: "linux-arm64"}, record.Emulated},
	{store.Target{ID: "loong64", GOOS: "linux", GOARCH: "loong64", Launcher: "emulated", CPU: "la464", BuildKey: "linux-loong64"}, record.Emulated},
}

// Items of the profile xinchuang-base.
var Items = []string{"crypto", "abi", "database", "disk", "gc"}

// Dir writes a run and returns its directory.
func Dir(t testing.TB, s Shape) string {
	t.Helper()
	m := store.Manifest{Run: cmp.Or(s.Run, "20261121-080000-test"), Created: Began, Seed: 7, Tool: Version, Go: "go1.26", Matrix: "sm3:0", Items: s.Items}
	for _, target := range s.Targets {
		m.Targets = append(m.Targets, target.Target)
		for i, item := range s.Items {
			rounds := 1
			if i == 0 {
				rounds = max(s.Rounds, 1)
			}
			for round := 1; round <= rounds; round++ {
				m.Cells = append(m.Cells, store.CellPlan{Target: target.ID, Item: item, Round: round, BuildKey: target.BuildKey, Specs: s.plan(item, round)})
			}
		}
	}
	if !s.Unrecorded {
		m.Selection = &store.Selection{Targets: []string{}, Suites: []string{}, Specs: []string{}, Rounds: max(s.Rounds, 1), Servers: []store.Server{}, Vectors: []store.Vector{}}
		items := slices.Clone(s.Items) // also those of the profile that were not selected, as in every run
		for _, item := range Items {
			if !slices.Contains(items, item) {
				items = append(items, item)
			}
		}
		for _, item := range items {
			m.Suites = append(m.Suites, s.FullPlan(item))
		}
	}
	j, err := store.Create(t.TempDir(), m)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	w := writer{t, j, s}
	for _, c := range m.Cells {
		for _, target := range s.Targets {
			if target.ID == c.Target {
				w.cell(c, target)
			}
		}
	}
	if !s.Open {
		if err := j.Seal(); err != nil {
			t.Fatal(err)
		}
		sealedThen(t, j.Dir)
	}
	return j.Dir
}

// sealedThen gives the seal the time of the run.
func sealedThen(t testing.TB, dir string) {
	path := filepath.Join(dir, "seal.json")
	raw, err := os.ReadFile(path)
	var s store.Seal
	if err == nil {
		err = json.Unmarshal(raw, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.At = Began.Add(time.Minute)
	if raw, err = json.MarshalIndent(s, "", " "); err == nil {
		err = os.WriteFile(path, append(raw, '\n'), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// FullPlan returns the full plan of an item, by the program that made the run.
func (s Shape) FullPlan(item string) store.FullPlan {
	return store.FullPlanOf(item, s.plan(item, 1))
}

// plan returns the specs of an item in a round: all in the first, and the one that measures in the others.
func (s Shape) plan(item string, round int) []record.SpecPlan {
	bench := record.SpecPlan{ID: "measures" + s.Odd, Labels: []string{"bench"}, Deadline: 30}
	if round > 1 {
		return []record.SpecPlan{bench}
	}
	plan := []record.SpecPlan{bench}
	for i := range s.Specs {
		plan = append(plan, record.SpecPlan{ID: fmt.Sprintf("group %d / spec %d%s", i/10, i, s.Odd), Deadline: 30})
	}
	if item == "database" { // the first spec measures
		for i := 1; i < len(plan); i++ {
			plan[i].Labels = []string{record.LabelServer + "postgres"}
			if i == 3 && len(plan) > 10 {
				plan[i].Labels = []string{record.LabelServer + "kingbase"} // of which there is none, see cell
			}
		}
	}
	return plan
}

// FullPlan returns the FullPlan of a claim.Program for the made-up runs of a shape.
func FullPlan(s Shape) func(string, store.Selection) (store.FullPlan, bool) {
	return func(item string, _ store.Selection) (store.FullPlan, bool) { return s.FullPlan(item), true }
}

// writer writes the journal of a run.
type writer struct {
	t testing.TB
	j *store.Journal
	s Shape
}

// put writes one event.
func (w writer) put(cell *store.Cell, e record.Event) {
	w.t.Helper()
	e.Time = Began
	if err := w.j.AppendEvent(cell, e); err != nil {
		w.t.Fatal(err)
	}
}

// cell writes every kind of event for a cell. The second spec of each item fails with a finding on loong64; the third is
// a miss if the item has more than ten.
func (w writer) cell(c store.CellPlan, target Target) {
	at := &store.Cell{Target: c.Target, Item: c.Item, Round: c.Round, Attempt: 1}
	w.put(at, record.Event{Kind: record.KindLaunch, Launch: &record.Launch{Provenance: target.Provenance,
		Launcher: record.Launcher{Name: target.Launcher, CPU: target.CPU, Version: "1.0"}, BuildKey: target.BuildKey, Payload: "sha256:" + strings.Repeat("ab", 32)}})
	w.put(at, record.Event{Kind: record.KindMachine, Machine: &record.Machine{GOOS: target.GOOS, GOARCH: target.GOARCH, Chip: target.Chip, System: target.System,
		Model: "Model" + w.s.Odd, Kernel: "6.6.0" + w.s.Odd, Cores: 4, Memory: 8 << 30, PageSize: 4096, GoVersion: "go1.26"}})
	w.put(at, record.Event{Kind: record.KindPlan, Plan: &record.Plan{Item: c.Item, Specs: c.Specs}})
	for i, s := range c.Specs {
		w.put(at, record.Event{Kind: record.KindSpecStart, Spec: s.ID, Start: &record.SpecStart{Deadline: 30}})
		end := record.SpecEnd{Verdict: record.Pass, Seconds: 0.01}
		switch {
		case i == 0:
			for n := range 5 {
				w.put(at, record.Event{Kind: record.KindSample, Spec: s.ID, Sample: &record.Sample{Name: "work" + w.s.Odd,
					Value: 100 + float64((n*7+c.Round*3)%5), Unit: "MB/s", Better: record.Higher, N: 10}})
			}
			w.put(at, record.Event{Kind: record.KindObservation, Spec: s.ID, Observation: &record.Observation{Name: "bits", Value: json.RawMessage(`64`)}})
		case i == 1 && c.Item == "gc":
			w.plotted(at, s.ID)
		case i == 2 && target.GOARCH == "loong64":
			why := record.Say("planted"+w.s.Odd, "预设"+w.s.Odd)
			end.Verdict, end.Detail = record.Fail, &why
			w.put(at, record.Event{Kind: record.KindFinding, Spec: s.ID, Finding: &record.Finding{ID: c.Item + "/planted", Subject: "lib" + w.s.Odd,
				Version: "v1.0.0", Severity: record.High, Clause: "GB/T 1 §2", Evidence: "evidence" + w.s.Odd}})
		case i == 3 && len(c.Specs) > 10 && c.Item == "database":
			why, remedy := record.Say("no server", "没有服务器"), record.Say("start one", "请启动服务器")
			end.Verdict, end.Detail, end.Remedy = record.Miss, &why, &remedy
		}
		w.put(at, record.Event{Kind: record.KindSpecEnd, Spec: s.ID, End: &end})
	}
	w.put(at, record.Event{Kind: record.KindLog, Log: &record.Log{Level: "info", Text: record.Say("done", "完成")}})
	w.put(at, record.Event{Kind: record.KindCellEnd, CellEnd: &record.CellEnd{Specs: len(c.Specs)}})
}

// plotted writes samples of which pages make plots: quantiles, settings, and numbers of processors.
func (w writer) plotted(at *store.Cell, spec string) {
	put := func(name, unit string, value float64) {
		w.put(at, record.Event{Kind: record.KindSample, Spec: spec, Sample: &record.Sample{Name: name, Value: value, Unit: unit, Better: record.Lower, N: 1}})
	}
	for i, percent := range []string{"50", "100", "200"} {
		name := "cache" + w.s.Odd + " GOGC=" + percent
		for k, quantile := range []string{"p50", "p99", "max"} {
			put(name+"/stop-"+quantile, "ns", 2e4*float64((k+1)*(k+1))+1e3*float64(i))
		}
		put(name+"/operation", "cpu-ns/op", 9e4-1e4*float64(i))
		put(name+"/peak-rss", "B", float64((60+20*i)<<20))
		put(fmt.Sprintf("scaling%s/processors=%d", w.s.Odd, 1<<i), "ops/s", 1e6*(float64(int(1)<<i)-0.1*float64(i)))
	}
	put("scaling"+w.s.Odd+"/serial-share", "%", 2.5)
}

// Load returns a run that Dir wrote.
func Load(t testing.TB, dir string) *store.Run {
	t.Helper()
	run, err := store.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return run
}
