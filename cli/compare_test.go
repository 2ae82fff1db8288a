package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/compare/series"
)

// typed runs one command line.
func typed(args ...string) (code int, out, errOut string) {
	var o, e bytes.Buffer
	code = Main(args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

func TestCompareVerb(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	lines := func(value string) string { return strings.Repeat("BenchmarkX 1 "+value+" ns/op\n", 6) }
	a, b := file("a.txt", lines("100")), file("b.txt", lines("150"))
	emulated := file("e.txt", "provenance: emulated\n"+lines("900"))
	rounds := file("rounds.txt", "round: 1\n"+lines("100")+"round: 2\n"+lines("100"))
	four := func(values ...string) (text string) {
		for _, v := range values {
			text += "BenchmarkX 1 " + v + " ns/op 8 B/op 1 allocs/op\n"
		}
		return text
	}
	old, new := file("old.txt", four("101", "102", "103", "104")), file("new.txt", four("901", "902", "903", "904"))
	exported := func(name, value string) string { // as show --format bench writes it: of two targets
		text := ""
		for _, target := range []string{"target: native\nprovenance: native\n", "target: arm64\nprovenance: emulated\n"} {
			for round := range 6 {
				text += fmt.Sprintf("%srun: r-%s\nround: %d\nBenchmarkX 1 %s ns/op\n", target, name, round+1, value)
			}
		}
		return file(name, text)
	}
	bad := file("bad.txt", lines("100")+"BenchmarkX 1 NaN ns/op\n")
	for _, c := range []struct {
		name     string
		args     []string
		code     int
		out, err string
	}{
		{"slower", []string{a, b}, 0, "slower", ""},
		{"labels and a reference", []string{"old=" + a, "new=" + b, "--reference", "new"}, 0, "faster", ""},
		{"emulated", []string{a, emulated}, 2, "its speed is the emulator's", ""},
		{"emulated, one sample", []string{a, file("e1.txt", "provenance: emulated\nBenchmarkX 1 9 ns/op\n")}, 2, "not compared [1]", ""},
		{"one sample", []string{a, file("s.txt", "BenchmarkX 1 9 ns/op\n")}, 2, "not compared [1]", "s.txt:1: X has one sample"},
		{"in Chinese", []string{a, emulated, "--lang", "zh"}, 2, "不予比较 [1]", ""},
		{"bad input, the rest compared", []string{a, b, bad}, 2, "slower", "bad.txt:7: X: NaN sec/op"},
		{"nothing to read", []string{filepath.Join(dir, "none.txt")}, 2, "", "none.txt: cannot be read"},
		{"unknown reference", []string{a, b, "--reference", "c"}, 2, "", "there is a.txt, b.txt"},
		{"unknown by", []string{a, b, "--by", "moon"}, 2, "", "--by"},
		{"unknown format", []string{a, b, "--format", "doc"}, 2, "", "--format"},
		{"unknown test", []string{a, b, "--test", "t"}, 2, "", "--test"},
		{"fewer than no resamples", []string{a, b, "--resamples", "-5"}, 2, "", "--resamples"},
		{"no number", []string{a, b, "--delta", "NaN"}, 2, "", "--delta"},
		{"no rounds at all", []string{a, b, "--min-rounds", "0"}, 2, "", "--min-rounds"},
		{"no resamples", []string{a, b, "--resamples", "0"}, 0, "slower", ""},
		{"ranks of several rounds", []string{"old=" + rounds, "new=" + a, "--test", "rank"}, 2, "there are 2 rounds, and the rank test", ""},
		{"constant columns beside the time", []string{old, new}, 0, "slower", ""},
		{"only in the reference", []string{"old=" + file("two.txt", lines("100")+strings.ReplaceAll(lines("100"), "X", "Gone")), "new=" + b}, 0,
			"not compared [1]", ""},
		{"renamed", []string{"old=" + a, "new=" + file("renamed.txt", strings.ReplaceAll(lines("100"), "X", "Y"))}, 2,
			"only in old, or of another name elsewhere: X\nnot in old, or of another name there: Y", ""},
		{"processors", []string{"old=" + file("8.txt", strings.ReplaceAll(lines("100"), "X", "X-8")), "new=" +
			file("16.txt", strings.ReplaceAll(lines("100"), "X", "X-16"))}, 0, "GOMAXPROCS, the number at the end of names, differs: 8 in old, 16 in new", ""},
		{"labels of exported files", []string{"old=" + exported("o.txt", "100"), "new=" + exported("n.txt", "150")}, 0, "100.0n  new   150.0n  1.500", ""},
		{"emulated beside native", []string{"old=" + exported("o.txt", "100"), "new=" + exported("n.txt", "150")}, 0, "old: not compared, because its speed is the emulator's: arm64", ""},
		{"one target alone", []string{a}, 2, "0 rows", "nothing could be compared: there is only one target here, a.txt"},
		{"unused rounds have their reason", []string{"old=" + a, "new=" + file("nolock.txt", "noise: measured without the machine's lock\n"+lines("100"))}, 2,
			"new: one round is not used: measured without", "nothing could be compared: new: one round is not used: measured without the machine's lock"},
		{"no input", nil, 2, "", "name runs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, errOut := typed(append([]string{"compare", "--lang", "en"}, c.args...)...)
			if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(errOut, c.err) {
				t.Errorf("status %d, want %d; output\n%s\nerrors\n%s", code, c.code, out, errOut)
			}
		})
	}
	code, out, _ := typed("compare", "--json", a, b)
	var table struct {
		Reference string
		Rows      []struct {
			Benchmark, Target, Verdict string
			Ratio                      float64
		}
	}
	if err := json.Unmarshal([]byte(out), &table); err != nil || code != 0 || table.Reference != "a.txt" || table.Rows[0].Ratio != 1.5 {
		t.Errorf("status %d, %v, %+v", code, err, table)
	}
}

// A rate is its time again: both would count one comparison twice.
func TestWithoutRates(t *testing.T) {
	row := func(name, unit string) series.Row {
		return series.Row{Benchmark: series.Benchmark{Name: name, Unit: unit}}
	}
	rows := withoutRates([]series.Row{row("X", "sec/op"), row("X", "cpu-sec/op"), row("X", "B/s"), row("write", "B/s")})
	if len(rows) != 3 || rows[2].Name != "write" {
		t.Errorf("%v", rows)
	}
}

// The first garbage collection makes the later ones usual, and the end of the verb leaves all as it was.
func TestCollectLate(t *testing.T) {
	limits := func() (percent, limit uint64) {
		read := []metrics.Sample{{Name: "/gc/gogc:percent"}, {Name: "/gc/gomemlimit:bytes"}}
		metrics.Read(read)
		return read[0].Value.Uint64(), read[1].Value.Uint64()
	}
	percent, limit := limits()
	undo := collectLate()
	if _, late := limits(); late > 128<<20 {
		t.Errorf("nothing is collected before %d bytes", late)
	}
	runtime.GC()
	for end := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		if p, l := limits(); p == 75 && l == limit {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the first collection changes nothing")
		}
	}
	undo()
	if p, l := limits(); p != percent || l != limit {
		t.Errorf("left at %d %% and %d bytes, want %d %% and %d bytes", p, l, percent, limit)
	}
}
