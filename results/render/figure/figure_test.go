package figure

import (
	"fmt"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
)

func sample(item, name, unit string, value float64) render.BenchmarkRow {
	return render.BenchmarkRow{Target: "native", Item: item, Name: name, Unit: unit, Median: value, Low: value, High: value, Provenance: record.Native}
}

// titles are the English titles of figures, with the names of their lines.
func titles(figures []Figure) (all []string) {
	for _, f := range figures {
		text := f.Chart.Title.En
		for _, s := range f.Chart.Series {
			text += fmt.Sprintf(" | %s %d", s.Name.En, len(s.Points))
		}
		all = append(all, text)
	}
	return all
}

// The names of samples say what is plotted: by quantile, by setting, by number of processors.
func TestOf(t *testing.T) {
	var rows []render.BenchmarkRow
	for i, quantile := range []string{"p50", "p99", "max"} {
		rows = append(rows, sample("disk", "direct/read/1MiB/"+quantile, "ns/op", 1e5*float64(i+1)), sample("disk", "direct/write/1MiB/"+quantile, "ns/op", 2e5*float64(i+1)),
			sample("gc", "GOGC=50/GOMEMLIMIT=off/stop-"+quantile, "ns", 1e4*float64(i+1)))
	}
	for i, percent := range []int{50, 100, 200} {
		name := fmt.Sprintf("GOGC=%d/GOMEMLIMIT=off/", percent)
		rows = append(rows, sample("gc", name+"gc", "cpu-ns", 3e8-1e8*float64(i)), sample("gc", name+memoryWord, "B", 5e7+1e7*float64(i)))
	}
	for _, n := range []int{1, 2, 4} {
		rows = append(rows, sample("sched", fmt.Sprintf("scaling/processors=%d", n), "ops/s", 1e6*float64(n)))
	}
	rows = append(rows, sample("sched", "scaling/serial-share", "%", 2), sample("sched", "spawn", "ns/op", 300), sample("", "", "", 0))
	got := titles(Of(rows))
	want := []string{
		"disk direct 1MiB: time of an operation | read 3 | write 3",
		"gc GOMEMLIMIT=off: memory and CPU time by setting | settings: GOGC 3 | Pareto front 3",
		"gc GOGC=50 GOMEMLIMIT=off: stops of the world |  3",
		"sched scaling: work by number of processors | measured 3 | Amdahl's law, serial share 2.0 % 49 | without a serial part 2",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Stages of all names of a unit are one plot, in the order in which they are first measured; what was measured together stands at the last.
func TestStages(t *testing.T) {
	var rows []render.BenchmarkRow
	for _, stage := range []string{"connect", "key agreement", "verify"} {
		rows = append(rows, sample("tls", "stages/TLCP/"+stage, "ns/op", 1e5), sample("tls", "stages/TLCP/"+stage, "cpu-ns/op", 1e4))
	}
	rows = append(rows, sample("tls", "stages/TLS/connect", "ns/op", 1e5), sample("tls", "stages/TLS/key agreement + verify", "ns/op", 2e5),
		sample("tls", "stages/TLS/not-in-a-stage", "%", 0.1), sample("tls", "stages/too/many/words", "ns/op", 1))
	figures := Of(rows)
	want := []string{"tls: time of each stage | TLCP 3 | TLS 2", "tls: processor time of each stage | TLCP 3"}
	if got := titles(figures); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Fatalf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if c := figures[0].Chart; c.Series[1].Points[1].X != 3 || c.X.Ticks[1].Label.En != "key agreement" {
		t.Errorf("%+v", c)
	}
}

// What was not measured on a machine itself is not plotted, and titles name targets where there are several.
func TestTargets(t *testing.T) {
	rows := []render.BenchmarkRow{sample("disk", "read/p50", "ns", 1), sample("disk", "read/p99", "ns", 2)}
	emulated := []render.BenchmarkRow{rows[0], rows[1]}
	for i := range emulated {
		emulated[i].Provenance, emulated[i].Target = record.Emulated, "arm64"
	}
	if got := titles(Of(append(rows, emulated...))); len(got) != 1 || strings.Contains(got[0], "@") {
		t.Errorf("%q", got)
	}
	other := []render.BenchmarkRow{rows[0], rows[1]}
	for i := range other {
		other[i].Target = "kunpeng"
	}
	if got := titles(Of(append(rows, other...))); len(got) != 2 || !strings.Contains(got[1], "@ kunpeng") {
		t.Errorf("%q", got)
	}
}

// Many benchmarks become plots of a few each, by the word that has the fewest values.
func TestSplit(t *testing.T) {
	var rows []render.BenchmarkRow
	for _, percent := range []string{"off", "50", "75", "80", "100", "200", "400"} {
		for _, limit := range []string{"none", "loose", "tight"} {
			for _, quantile := range []string{"p50", "p99"} {
				rows = append(rows, sample("gc", fmt.Sprintf("request GOGC=%s GOMEMLIMIT=%s/stop-%s", percent, limit, quantile), "ns", 5))
			}
		}
	}
	figures := Of(rows)
	if len(figures) != 3 || figures[0].Chart.Title.En != "gc request GOMEMLIMIT=loose: stops of the world" || len(figures[0].Chart.Series) != 7 {
		t.Errorf("%q", titles(figures))
	}
	rows = nil
	for i := range 40 {
		rows = append(rows, sample("x", fmt.Sprintf("a/%d/p50", i), "ns", 1), sample("x", fmt.Sprintf("a/%d/p99", i), "ns", 1))
	}
	for _, f := range Of(rows) {
		if len(f.Chart.Series) > 8 {
			t.Errorf("%q", titles([]Figure{f}))
		}
	}
}

// Names are in the order of their numbers.
func TestOrder(t *testing.T) {
	for _, c := range [][2]string{{"GOGC=50", "GOGC=100"}, {"GOGC=50 GOMEMLIMIT=900MiB", "GOGC=50 GOMEMLIMIT=1GiB"}, {"a/GOGC=100", "a/GOGC=off"}, {"a", "b"}, {"a", "a/b"}} {
		a, b := line{words: wordsOf(c[0])}, line{words: wordsOf(c[1])}
		if inOrder(a, b) >= 0 || inOrder(b, a) <= 0 || inOrder(a, a) != 0 {
			t.Errorf("%q", c)
		}
	}
}

// Whatever a journal says, the plots are few, and their texts are no markup.
func TestHostile(t *testing.T) {
	var rows []render.BenchmarkRow
	for i := range 3000 {
		for _, value := range []float64{1e308, -1e308, 0} {
			rows = append(rows, sample("<i>", fmt.Sprintf("<b>\u202e%d/%s/p50", i, strings.Repeat("x", 5000)), "\x1b", value), sample("<i>", fmt.Sprintf("<b>%d/p99", i), "\x1b", 5),
				sample("s", fmt.Sprintf("<p>/processors=%d", i), "</svg>", value), sample("s", "<p>/serial-share", "%", value))
		}
	}
	figures := Of(rows)
	if len(figures) == 0 || len(figures) > 2*most {
		t.Fatalf("%d figures", len(figures))
	}
	for _, f := range figures {
		if svg := f.Chart.Inline(); strings.ContainsAny(svg, "\x1b\u202e") || strings.Contains(svg, "<b>") || strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
			t.Errorf("%.2000s", svg)
		}
	}
}
