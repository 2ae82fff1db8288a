package tuning

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/schematest"
)

func point(percent int, limit uint64, cpu, p99, memory float64) Point {
	return PointOf(Setting{percent, limit}, [][]record.Sample{{
		{Name: "throughput", Value: cpu, Unit: "cpu-ns/op", Better: record.Lower}, {Name: "p99", Value: p99, Unit: "ns", Better: record.Lower},
		{Name: "memory", Value: memory, Unit: "B", Better: record.Lower}, {Name: Cycles, Value: 9}}})
}

// The front has what nothing beats in all figures, and nothing that may not be recommended.
func TestFront(t *testing.T) {
	no := record.Say("no", "否")
	refused := point(200, 0, 1, 1, 1)
	refused.Why = &no
	points := []Point{point(400, 0, 5, 50, 400), point(100, 0, 10, 90, 100), point(80, 0, 11, 95, 120), refused}
	if got := fmt.Sprint(Front(points)[0].Setting, Front(points)[1].Setting, len(Front(points))); got != "GOGC=100 GOMEMLIMIT=off GOGC=400 GOMEMLIMIT=off 2" {
		t.Errorf("%s", got)
	}
	higher := Figure{Value: 200, Unit: "req/s", Better: record.Higher}
	if higher.Cost() >= (Figure{Value: 100, Unit: "req/s", Better: record.Higher}).Cost() {
		t.Error("more requests are dearer")
	}
}

// The environment is what the Go runtime reads.
func TestSetting(t *testing.T) {
	for s, want := range map[Setting]string{Default: "[GOGC=100 GOMEMLIMIT=off]", {Off, 1 << 30}: "[GOGC=off GOMEMLIMIT=1073741824]"} {
		if got := fmt.Sprint(s.Env()); got != want {
			t.Errorf("%s", got)
		}
	}
	if got := strings.Join([]string{Setting{Off, 216 << 20}.String(), Bytes(3 << 30), Bytes(1025)}, " "); got != "GOGC=off GOMEMLIMIT=216MiB 3GiB 1025B" {
		t.Errorf("%s", got)
	}
}

// The committed schema takes what is printed, and nothing that has lost a field or has another one.
func TestSchema(t *testing.T) {
	s := schematest.Load(t, "tune.schema.json")
	a := &Advice{Workload: "heap", Memory: 1 << 28, Objective: Throughput, Recommended: Setting{Off, 216 << 20}, Baseline: Default, Gain: Ratio{1.2, 1.1, 1.3},
		Verdict: Gain, Points: []Point{point(100, 0, 10, 90, 100), point(Off, 216<<20, 5, 90, 200)}}
	text, err := json.Marshal(a)
	if err != nil || s.Validate(text) != nil {
		t.Fatalf("%s: %v, %v", text, err, s.Validate(text))
	}
	for _, field := range []string{"workload", "memory", "objective", "recommended", "baseline", "gain", "pareto", "verdict"} {
		var fields map[string]any
		if err := json.Unmarshal(text, &fields); err != nil {
			t.Fatal(err)
		}
		delete(fields, field)
		if less, _ := json.Marshal(fields); s.Validate(less) == nil {
			t.Errorf("an advice without %s was taken", field)
		}
	}
	if s.Validate([]byte(strings.Replace(string(text), `"verdict":"gain"`, `"verdict":"perhaps"`, 1))) == nil {
		t.Error("another verdict was taken")
	}
}

// The plot shows each setting and the recommended one larger.
func TestPlot(t *testing.T) {
	a := &Advice{Workload: "heap", Objective: P99, Memory: 1 << 30, Recommended: Setting{Percent: 400}, Points: []Point{point(100, 0, 10, 90, 100), point(400, 0, 5, 50, 400)}}
	for _, lang := range []string{"en", "zh"} {
		svg := Plot(a, lang)
		if strings.Contains(svg, "--memory") {
			t.Error("a limit beyond the chart is drawn")
		}
		if strings.Count(svg, "<circle") != 2+1 || !strings.Contains(svg, `r="6.0"`) || !strings.Contains(svg, ">400</text>") {
			t.Errorf("%s", svg)
		}
	}
	if a.Memory = 200; !strings.Contains(Plot(a, "en"), ">--memory</text>") {
		t.Error("the limit is not drawn")
	}
}
