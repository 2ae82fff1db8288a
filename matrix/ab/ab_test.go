package ab

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// TestMain makes the test binary a payload that takes as long as SLOW says, on a machine that slows down steadily.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "exec" {
		payload()
		return
	}
	os.Exit(m.Run())
}

func payload() {
	var r record.Request
	if err := json.NewDecoder(os.Stdin).Decode(&r); err != nil {
		panic(err)
	}
	out := os.NewFile(3, "events")
	events := record.NewWriter(out)
	drift := 100 * float64(1+r.Round)
	if os.Getenv("SLOW") != "" {
		drift *= 1.2
	}
	fmt.Fprint(out, "a library prints this")
	for i := range 5 {
		_ = events.Write(record.Event{Kind: record.KindSample, Spec: r.Specs[0],
			Sample: &record.Sample{Name: "work", Value: drift + float64(i), Unit: "ns/op", Better: record.Lower}})
	}
	end := record.SpecEnd{Verdict: record.Pass}
	if os.Getenv("BROKEN") != "" {
		why := record.Say("broken", "坏了")
		end = record.SpecEnd{Verdict: record.Verdict(os.Getenv("BROKEN")), Detail: &why}
	}
	_ = events.Write(record.Event{Kind: record.KindSpecEnd, Spec: r.Specs[0], End: &end})
}

func sides(t *testing.T, env string) (a, b Side) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p, err := Payload(exe)
	if err != nil {
		t.Fatal(err)
	}
	return Side{Label: "A", Payload: p}, Side{Label: "B", Env: []string{env}, Payload: p}
}

var options = Options{Item: "selftest", Specs: []record.SpecPlan{{ID: "s", Deadline: 1}}}

// The machine gets twice as slow from block to block; paired, a difference of a fifth is still found.
func TestBlocksFindADifferenceUnderDrift(t *testing.T) {
	a, b := sides(t, "SLOW=1")
	samples, err := Blocks(t.Context(), a, b, 5, options)
	if err != nil {
		t.Fatal(err)
	}
	order := ""
	for _, s := range samples {
		order += s.File
	}
	if order != strings.Repeat("ABBA", 5) {
		t.Errorf("order %s", order)
	}
	set, problems := series.Collect(samples, series.File)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for test, want := range map[compare.Test]compare.Verdict{compare.Paired: compare.Slower, compare.Rounds: compare.TooFew} {
		rules := compare.Defaults
		rules.Test, rules.Control = test, 20
		table, err := compare.Compare(set, rules)
		if err != nil {
			t.Fatal(err)
		}
		if r := table.Rows[0]; r.Verdict != want || r.Rounds != 5 || r.Samples != 50 {
			t.Errorf("%s: %+v", test, r)
		}
	}
}

func TestAlternate(t *testing.T) {
	a, b := sides(t, "")
	b.Env = nil
	var told []int
	o := options
	o.Progress = func(done, total int) { told = append(told, done, total) }
	samples, err := Alternate(t.Context(), a, b, 2, o)
	if err != nil || len(samples) != 4 || samples[2].Round != 2 || fmt.Sprint(told) != "[1 4 2 4 3 4 4 4]" {
		t.Errorf("%d, %v, %v", len(samples), told, err)
	}
}

// BenchmarkFidelity is measured by TestGoTest.
func BenchmarkFidelity(b *testing.B) {
	b.Run("work", func(b *testing.B) {
		if os.Getenv("BROKEN") != "" {
			b.Fatal("broken")
		}
		for b.Loop() {
			time.Sleep(time.Millisecond)
		}
		b.ReportMetric(7, "things")
	})
}

// One side may be what go test -bench measures, under the name that the suite gives it.
func TestGoTest(t *testing.T) {
	a, b := sides(t, "")
	a.Test, a.Bench, a.As, b.Env = a.Payload.Path, "BenchmarkFidelity/work", "its name", nil
	samples, err := Alternate(t.Context(), a, b, 1, options)
	if err != nil || len(samples) != 2 || len(samples[0].Samples) != 5 {
		t.Fatalf("%+v, %v", samples, err)
	}
	if s := samples[0].Samples[0]; s.Name != "its name" || s.Unit != "ns/op" || s.Value < 1e6 || s.Value > 1e9 {
		t.Errorf("%+v", s)
	}
	a.Env = []string{"BROKEN=1"}
	if _, err := Alternate(t.Context(), a, b, 1, options); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("error %v", err)
	}
}

func TestWhatDoesNotPassIsNotCompared(t *testing.T) {
	a, b := sides(t, "BROKEN=fail")
	if _, err := Blocks(t.Context(), a, b, 1, options); err == nil || !strings.Contains(err.Error(), "s did not pass (fail): broken") {
		t.Errorf("error %v", err)
	}
	var left []string
	o := options
	o.Skipped = func(spec string, why record.Sentence) { left = append(left, spec+": "+why.En) }
	for _, verdict := range []string{"skip", "miss"} {
		b.Env = []string{"BROKEN=" + verdict}
		if _, err := Blocks(t.Context(), a, b, 1, o); err != nil {
			t.Errorf("%s: %v", verdict, err)
		}
	}
	if want := []string{"s: broken", "s: broken", "s: broken", "s: broken"}; !slices.Equal(left, want) {
		t.Errorf("left out: %q", left)
	}
	if _, err := Payload("none"); err == nil {
		t.Error("a payload that is not there")
	}
}
