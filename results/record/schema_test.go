package record_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/schematest"
)

func TestSchemaFitsTheTypes(t *testing.T) {
	s := schematest.Load(t, "event.schema.json")
	s.Fits(t, reflect.TypeFor[record.Event](), "json")
	var verdicts []string
	for _, v := range record.Verdicts {
		verdicts = append(verdicts, string(v))
	}
	s.Enum(t, "verdict", verdicts...)
	s.Enum(t, "provenance", string(record.Native), string(record.VM), string(record.Emulated), string(record.Built))
	s.Enum(t, "severity", string(record.Critical), string(record.High), string(record.Medium), string(record.Low))
}

var why = record.Say("why", "为何")

// whole holds one good event of each kind.
var whole = []record.Event{
	{Kind: record.KindPlan, Plan: &record.Plan{Item: "abi", Specs: []record.SpecPlan{{ID: "s", Deadline: 30, Labels: []string{"bench"}}}}},
	{Kind: record.KindLaunch, Launch: &record.Launch{Provenance: record.Emulated, Launcher: record.Launcher{Name: "qemu-user", CPU: "max"},
		BuildKey: "linux-arm64", Payload: "sha256:" + strings.Repeat("0", 64)}},
	{Kind: record.KindMachine, Machine: &record.Machine{GOARCH: "amd64", Cores: 1}},
	{Kind: record.KindSpecStart, Spec: "s", Start: &record.SpecStart{Deadline: 1}},
	{Kind: record.KindSpecEnd, Spec: "s", End: &record.SpecEnd{Verdict: record.Pass}},
	{Kind: record.KindSpecEnd, Spec: "s", End: &record.SpecEnd{Verdict: record.Miss, Detail: &why, Remedy: &why}},
	{Kind: record.KindSample, Spec: "s", Sample: &record.Sample{Name: "n", Unit: "ns/op", Better: record.Lower, Value: 1.5}},
	{Kind: record.KindObservation, Spec: "s", Observation: &record.Observation{Name: "n", Value: json.RawMessage(`null`), Differs: &why}},
	{Kind: record.KindFinding, Spec: "s", Finding: &record.Finding{ID: "abi/x/y", Subject: "x", Severity: record.Low}},
	{Kind: record.KindLog, Log: &record.Log{Level: "info", Text: why}},
	{Kind: record.KindNoise, Noise: &record.Noise{Score: 0.1, Pulse: 1.5, Slow: 0.1, CPUs: "0-3", Unfit: &why}},
	{Kind: record.KindFile, File: &record.File{Name: "coverage.txt", Data: []byte("mode: set"), Last: true}},
	{Kind: record.KindCellEnd, CellEnd: &record.CellEnd{Specs: 1}},
}

func TestSchemaTakesEachKind(t *testing.T) {
	s := schematest.Load(t, "event.schema.json")
	for _, e := range whole {
		e.V, e.Time = record.Version, time.Now()
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(line); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if _, err := record.Parse(line); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestSchemaRefusesWhatIsWrong(t *testing.T) {
	s := schematest.Load(t, "event.schema.json")
	const head = `"v":1,"time":"2026-01-02T03:04:05Z",`
	if err := s.Validate([]byte(`{` + head + `"event":"cell-end","cell_end":{"specs":1},"new":true}`)); err != nil {
		t.Errorf("a field of a later edition: %v", err)
	}
	for _, text := range []string{
		`{}`, `[]`, `null`,
		`{"v":2,"time":"2026-01-02T03:04:05Z","event":"cell-end","cell_end":{"specs":1}}`,
		`{"v":1,"time":"yesterday","event":"cell-end","cell_end":{"specs":1}}`,
		`{"v":1,"event":"cell-end","cell_end":{"specs":1}}`,
		`{` + head + `"event":"dance"}`,
		`{` + head + `"event":"cell-end"}`,
		`{` + head + `"event":"cell-end","cell_end":null}`,
		`{` + head + `"event":"cell-end","cell_end":{"specs":1},"log":{"level":"info","text":{"en":"two bodies"}}}`,
		`{` + head + `"event":"spec-end","end":{"verdict":"pass","seconds":1}}`,
		`{` + head + `"event":"spec-end","spec":"s","end":{"verdict":"excellent","seconds":1}}`,
		`{` + head + `"event":"spec-end","spec":"s","end":{"verdict":"fail","seconds":1}}`,
		`{` + head + `"event":"spec-end","spec":"s","end":{"verdict":"miss","seconds":1,"detail":{"en":"no remedy"}}}`,
		`{` + head + `"event":"spec-end","spec":"s","end":{"verdict":"fail","seconds":1,"detail":{"zh":"没有英文"}}}`,
		`{` + head + `"event":"sample","sample":{"name":"n","value":"1","unit":"s","better":"lower"}}`,
		`{` + head + `"event":"sample","sample":{"name":"n","value":1,"unit":"s","better":"worse"}}`,
		`{` + head + `"event":"finding","finding":{"id":"no item","subject":"x","severity":"low","evidence":""}}`,
	} {
		if s.Validate([]byte(text)) == nil {
			t.Errorf("taken: %s", text)
		}
	}
}

// TestSchemaTakesARealRun runs the quick specs of the selftest, whose events are of nearly every kind.
func TestSchemaTakesARealRun(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		needs.Absent(t, needs.Go, "go is not in PATH")
	}
	cmd := exec.Command("go", "run", "../..", "exec", "--suite", "selftest", "--events-fd", "1")
	for _, id := range []string{"meets its expectation: pass", "fails its expectation: fail", "does not apply: skip",
		"lacks something: miss", "finds its environment broken: error", "panics: fail", "reports a finding and fails: fail",
		"observes a value: pass", "samples a value: pass", "passes after all of them: pass"} {
		cmd.Args = append(cmd.Args, "--spec", id)
	}
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	s := schematest.Load(t, "event.schema.json")
	kinds := map[record.Kind]bool{}
	for line := range bytes.Lines(out) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		e, err := record.Parse(line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
		kinds[e.Kind] = true
		if err := s.Validate(line); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	for _, e := range whole {
		others := []record.Kind{record.KindLaunch, record.KindLog, record.KindNoise, record.KindFile}
		if !slices.Contains(others, e.Kind) && !kinds[e.Kind] {
			t.Errorf("the run said nothing of kind %s", e.Kind)
		}
	}
}
