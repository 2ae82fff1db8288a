package render

import (
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// measuredRun is a run with one target's samples.
func measuredRun(p record.Provenance, samples ...record.Sample) *store.Run {
	c := &store.CellRun{Target: "t", Item: "crypto", Round: 1,
		Launches: []record.Launch{{Provenance: p}}}
	for _, s := range samples {
		c.Samples = append(c.Samples, store.Sample{Sample: s})
	}
	return &store.Run{Manifest: store.Manifest{Targets: []store.Target{{ID: "t", GOARCH: "amd64"}}}, Cells: []*store.CellRun{c}}
}

func TestABenchmarkIsHeldAgainstItsReference(t *testing.T) {
	samples := []record.Sample{
		{Name: "SM3/tjfoc", Value: 300, Unit: "ns/op", Better: record.Lower, Reference: "SHA-256/std", Path: "Go"},
		{Name: "SM3/tjfoc", Value: 10, Unit: "MB/s", Better: record.Higher, Reference: "SHA-256/std", Path: "Go"},
		{Name: "other", Value: 7, Unit: "ns/op", Better: record.Lower, Reference: "absent"},
		{Name: "SHA-256/std", Value: 100, Unit: "ns/op", Better: record.Lower, Path: "assembly sha2"},
		{Name: "SHA-256/std", Value: 30, Unit: "MB/s", Better: record.Higher, Path: "assembly sha2"},
	}
	r := New(measuredRun(record.Native, samples...), nil, "en")
	for i, want := range []float64{1.0 / 3, 1.0 / 3, 0, 0, 0} {
		if got := r.Benchmarks[i].Ratio; got != want {
			t.Errorf("%s in %s: ratio %v, want %v", r.Benchmarks[i].Name, r.Benchmarks[i].Unit, got, want)
		}
	}
	var native, emulated strings.Builder
	if err := r.Tables(&native, Style{Format: Text, Lang: "en", Beside: true}); err != nil {
		t.Fatal(err)
	}
	table := native.String()
	if a, b := strings.Index(table, "│ SHA-256/std"), strings.Index(table, "│ SM3/tjfoc"); a < 0 || b < a || !strings.Contains(table, "0.333×") ||
		!strings.Contains(table, "assembly sha2") || !strings.Contains(table, "10.00 MB/s") {
		t.Errorf("the reference does not come first, or something is missing:\n%s", table)
	}
	if err := New(measuredRun(record.Emulated, samples...), nil, "en").Tables(&emulated, Style{Format: Text, Lang: "en", Beside: true}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(emulated.String(), "0.333") {
		t.Errorf("an emulator's speed has a ratio:\n%s", emulated.String())
	}
}

// Only what the machine itself measured is shown without a mark.
func TestMeasuredElsewhereIsMarked(t *testing.T) {
	for p, marked := range map[record.Provenance]bool{record.Native: false, record.VM: true, record.Emulated: true, "": true} {
		b := BenchmarkRow{Provenance: p, Median: 1234, Low: 1200, High: 1300, Samples: 5}
		if got := (Style{Format: Text, Lang: "en"}).measured(&b); strings.HasPrefix(got, "≈ ") != marked || !strings.Contains(got, "1234") {
			t.Errorf("%q: %q", p, got)
		}
	}
}

// The verdicts of all rounds are counted together.
func TestVerdictsOfRounds(t *testing.T) {
	r := Report{Targets: []TargetRow{{ID: "t", Provenance: record.Native}}, Cells: []CellRow{
		{Target: "t", Item: "x", Round: 1, Verdicts: map[record.Verdict]int{record.Pass: 30, record.Fail: 1}},
		{Target: "t", Item: "x", Round: 2, Verdicts: map[record.Verdict]int{record.Pass: 12}},
	}}
	var out strings.Builder
	if err := r.Tables(&out, Style{Format: Text, Lang: "en"}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "1 fail  42 pass") {
		t.Error(out.String())
	}
}

// Units are those that read best, and an interval wider than the figure is no figure.
func TestScaledUnits(t *testing.T) {
	for want, got := range map[string]string{"1.234 µs": scaled(1234, "ns/op"), "2.500 s": scaled(2.5e9, "cpu-ns/op"), "1.500 GB/s": scaled(1500, "MB/s"), "4.000 KiB": scaled(4096, "B/op"),
		"1.000 Mop/s": scaled(1e6, "op/s"), "7 allocs/op": scaled(7, "allocs/op"), "0 s": scaled(0, "ns/op")} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	b := BenchmarkRow{Provenance: record.Native, Median: 100, Low: 1, High: 17599, Samples: 5, Unit: "ns/op"}
	if got := (Style{Lang: "en"}).timed(&b); got != "100.0 ns (too noisy)" {
		t.Error(got)
	}
}

// One line says what was measured; where rounds were noisy, speed says why and what helps.
func TestNoisyRounds(t *testing.T) {
	run := measuredRun(record.Native)
	for _, v := range []float64{1, 100, 200, 300, 1000} {
		run.Cells[0].Samples = append(run.Cells[0].Samples, store.Sample{Sample: record.Sample{Name: "x", Value: v, Unit: "ns/op", Better: record.Lower}})
	}
	why := record.Say("load 2.5 (limit 0.5)", "负载 2.5（限值 0.5）")
	run.Cells[0].Noise = []record.Noise{{Unfit: &why}}
	r := New(run, nil, "en")
	var out strings.Builder
	if err := r.Tables(&out, Style{Format: Text, Lang: "en"}); err != nil || !strings.Contains(out.String(), "Benchmarks: 1 on t in 1 round, 1 too noisy; in full: --format speed") {
		t.Errorf("%v %s", err, out.String())
	}
	out.Reset()
	if err := r.Tables(&out, Style{Format: Text, Lang: "en", Beside: true}); err != nil || !strings.Contains(out.String(), "1 of 1 scatter by more than ±20 %; 1 rounds: load 2.5") || !strings.Contains(out.String(), "--rounds 10") {
		t.Errorf("%v %s", err, out.String())
	}
	out.Reset()
	if err := New(run, nil, "zh").Tables(&out, Style{Format: Text, Lang: "zh", Beside: true}); err != nil || !strings.Contains(out.String(), "1 项中有 1 项离散度超过 ±20 %；1 轮：负载 2.5") {
		t.Errorf("%v %s", err, out.String())
	}
}

// On a narrow terminal a table of speed fits, with all that the wide one says.
func TestSpeedFitsTheTerminal(t *testing.T) {
	samples := []record.Sample{
		{Name: "SM4-CBC/16KiB/emmansun cbc", Value: 168700, Unit: "ns/op", Better: record.Lower, Reference: "AES-GCM/16KiB/standard library", Path: "assembly gfni aes pclmulqdq avx2 avx ssse3"},
		{Name: "SM4-CBC/16KiB/emmansun cbc", Value: 163300, Unit: "cpu-ns/op", Better: record.Lower},
		{Name: "SM4-CBC/16KiB/emmansun cbc", Value: 97.15, Unit: "MB/s", Better: record.Higher},
		{Name: "AES-GCM/16KiB/standard library", Value: 6439, Unit: "ns/op", Better: record.Lower, Path: "assembly aes"},
	}
	r := New(measuredRun(record.Native, samples...), nil, "en")
	for _, width := range []int{80, 100, 120} {
		var out strings.Builder
		if err := r.Tables(&out, Style{Format: Text, Lang: "en", Beside: true, Width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("width %d: a line takes %d: %s", width, n, line)
			}
		}
		for _, want := range []string{"emmansun", "pclmulqdq", "168.7 µs", "163.3 µs", "97.15 MB/s", "0.0382×", "standard"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("width %d: %q is missing:\n%s", width, want, out.String())
			}
		}
	}
}
