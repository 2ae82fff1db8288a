package series

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// write puts files into a directory and returns it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const good = "BenchmarkGood 100 10 ns/op\nBenchmarkGood 100 12 ns/op\n"

// What is wrong is told by file and line, and the rest is read.
func TestBadInput(t *testing.T) {
	for _, c := range []struct {
		name, content, want string
		values              int // of BenchmarkGood and others that are used
	}{
		{"not a number", good + "BenchmarkX 1 NaN ns/op\n", "bad.txt:3: X: NaN sec/op", 2},
		{"infinite", good + "BenchmarkX 1 +Inf ns/op\n", "bad.txt:3: X: +Inf sec/op", 2},
		{"negative", "BenchmarkX 1 -5 ns/op\n" + good, "bad.txt:1: X: -5e-09 sec/op is negative", 2},
		{"no time", good + "BenchmarkX 1 0 ns/op\n", "bad.txt:3: X: 0 sec/op", 2},
		{"zero that may be", good + "BenchmarkX 1 0 B/op\n", "", 3},
		{"no number", good + "BenchmarkX 1 fast ns/op\n", "bad.txt:3: not a benchmark result", 2},
		{"one unit twice", good + "BenchmarkX 1 5 ns/op 6 ns/op\n", "bad.txt:3: X has sec/op twice", 3},
		{"a line of 10 MB", "BenchmarkL 1 1 ns/op " + strings.Repeat("x", 10<<20) + "\n" + good, "bad.txt:1: the line is longer", 2},
		{"cut in a unit", good + "BenchmarkGood 100 12 ns/o", "bad.txt:3: the file ends in the middle of a line", 2},
		{"cut in a value", good + "BenchmarkGood 100 1", "bad.txt:3: not a benchmark result", 2},
		{"no newline at the end", good + "BenchmarkGood 100 13 ns/op", "", 3},
		{"rubbish", "\x00\x01\x02 nothing\n", "no benchmark results in it", 0},
		{"empty", "", "no benchmark results in it", 0},
		{"a round that is none", "round: first\n" + good, "bad.txt:2: round: first is not a number", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := write(t, map[string]string{"bad.txt": c.content})
			set, problems := Read([]Input{{Path: filepath.Join(dir, "bad.txt")}}, Target, 2)
			var told []string
			for _, p := range problems {
				told = append(told, p.In("en"))
			}
			if (c.want == "") != (len(told) == 0) || !strings.Contains(strings.Join(told, "\n"), c.want) {
				t.Errorf("told %q, want %q", told, c.want)
			}
			if n := count(set); n != c.values {
				t.Errorf("%d values are used, want %d", n, c.values)
			}
		})
	}
}

func count(set *Set) (n int) {
	for _, r := range set.Rows {
		for i := range r.Cells {
			n += r.Cells[i].Samples()
		}
	}
	return n
}

func TestManyProblemsOfOneKindAreCounted(t *testing.T) {
	dir := write(t, map[string]string{"a.txt": good + strings.Repeat("BenchmarkX 1 NaN ns/op\n", 1000)})
	_, problems := Read([]Input{{Path: dir}}, Target, 1)
	if len(problems) != each+1 || !strings.Contains(problems[each].In("en"), "997 more") {
		t.Errorf("told %v", problems)
	}
}

func TestInputs(t *testing.T) {
	dir := write(t, map[string]string{"x/a.txt": good, "y/a.txt": good, "z.txt": good})
	path := func(p string) string { return filepath.Join(dir, p) }
	for _, c := range []struct {
		name     string
		inputs   []Input
		columns  []string
		problems int
	}{
		{"one name in two folders", []Input{{Path: dir}}, []string{path("x/a.txt"), path("y/a.txt"), "z.txt"}, 0},
		{"labels", []Input{{path("x/a.txt"), "old"}, {path("y/a.txt"), "new"}}, []string{"old", "new"}, 0},
		{"given twice", []Input{{Path: path("z.txt")}, {Path: path("z.txt")}}, []string{"z.txt"}, 1},
		{"not there", []Input{{Path: path("none")}, {Path: path("z.txt")}}, []string{"z.txt"}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			set, problems := Read(c.inputs, Target, 2)
			var columns []string
			for _, column := range set.Columns {
				columns = append(columns, column.Label)
			}
			if !reflect.DeepEqual(columns, c.columns) || len(problems) != c.problems {
				t.Errorf("columns %q and problems %v, want %q and %d", columns, problems, c.columns, c.problems)
			}
		})
	}
	if in := ParseInput("old=a.txt"); in != (Input{"a.txt", "old"}) {
		t.Errorf("label: %+v", in)
	}
	if in := ParseInput("./a=b.txt"); in != (Input{"./a=b.txt", ""}) {
		t.Errorf("a path with =: %+v", in)
	}
}

// Configuration lines say what values belong to; rounds are kept apart, noisy ones are not used.
func TestConfiguration(t *testing.T) {
	dir := write(t, map[string]string{"a.txt": "chip: k920\nround: 1\nprovenance: native\n" + good + "round: 2\n" + good +
		"noise: load\nround: 3\n" + good + "noise:\nchip: q\nprovenance: emulated\n" + good})
	set, problems := Read([]Input{{Path: dir}}, Chip, 1)
	if len(problems) > 0 || len(set.Columns) != 2 || len(set.Rows) != 1 {
		t.Fatalf("set %+v, problems %v", set, problems)
	}
	if c := set.Columns[0]; c.Label != "k920" || c.Provenance != record.Native || len(c.Unused) != 1 || c.Unused[0] != (Unused{record.Say("load", ""), 1}) {
		t.Errorf("first column %+v", c)
	}
	if c := set.Columns[1]; c.Provenance != record.Emulated {
		t.Errorf("second column %+v", c)
	}
	if r := set.Rows[0].Cells[0].Rounds; len(r) != 2 || len(r[0]) != 2 {
		t.Errorf("rounds %v", r)
	}
}

// The number of processors that go test adds to names is dropped, unless it tells benchmarks of one machine apart.
func TestProcessorsInNames(t *testing.T) {
	line := func(name string) string { return "Benchmark" + name + " 1 5 ns/op\n" }
	for _, c := range []struct {
		name string
		a, b string
		want []string
	}{
		{"machines of different size", line("X-8"), line("X-64"), []string{"X"}},
		{"go test -cpu", line("X-1") + line("X-2"), line("X-1"), []string{"X-1", "X-2"}},
		{"no number", line("X"), line("X"), []string{"X"}},
		{"machines of different size in one file", "target: m\n" + line("X-8") + "target: n\n" + line("X-64"), line("X-4"), []string{"X"}},
		{"packages", "pkg: p\n" + line("X-8"), "pkg: q\n" + line("X-8"), []string{"p.X", "q.X"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			set, _ := Read([]Input{{Path: write(t, map[string]string{"a.txt": c.a, "b.txt": c.b})}}, Target, 1)
			var names []string
			for _, r := range set.Rows {
				names = append(names, r.String())
			}
			if !reflect.DeepEqual(names, c.want) {
				t.Errorf("rows %q, want %q", names, c.want)
			}
		})
	}
}

// A round is known by its path and number, not by its label: files of one label are several rounds, and the first round
// of one is not the first of another.
func TestRoundsHaveAnIdentity(t *testing.T) {
	one := strings.Repeat("BenchmarkX 1 100 ns/op\n", 4)
	two := "round: 1\n" + one + "round: 2\n" + one
	for _, c := range []struct {
		name  string
		files map[string]string
		label bool // a label for each file, or one for the directory
		want  int
	}{
		{"files of one label", map[string]string{"r1.txt": one, "r2.txt": one, "r3.txt": one}, true, 3},
		{"a directory with a label", map[string]string{"r1.txt": one, "r2.txt": one, "r3.txt": one}, false, 3},
		{"rounds of two files", map[string]string{"r1.txt": two, "r2.txt": two}, true, 4},
		{"one run's rounds in two files", map[string]string{"r1.txt": "run: a\n" + two, "r2.txt": "run: b\n" + two}, false, 4},
		{"a file that tells no rounds", map[string]string{"r1.txt": one + one}, true, 1},
	} {
		dir := write(t, c.files)
		inputs := []Input{{Path: dir, Label: "old"}}
		if c.label {
			inputs = nil
			for name := range c.files {
				inputs = append(inputs, Input{Path: filepath.Join(dir, name), Label: "old"})
			}
		}
		set, problems := Read(inputs, File, 1)
		if len(problems) > 0 || len(set.Columns) != 1 || len(set.Rows) != 1 {
			t.Fatalf("%s: %v, %+v", c.name, problems, set)
		}
		if got := len(set.Rows[0].Cells[0].Rounds); got != c.want {
			t.Errorf("%s: %d rounds, want %d", c.name, got, c.want)
		}
	}
}

func TestUnitsSayWhatIsBetter(t *testing.T) {
	dir := write(t, map[string]string{"a.txt": "Unit score better=higher\nUnit ns/op better=higher\nUnit MB/s better=lower\nBenchmarkX 1 5 ns/op 7 MB/s 3 score 2 widgets\n"})
	set, _ := Read([]Input{{Path: dir}}, Target, 1)
	got := map[string]record.Better{}
	for _, r := range set.Rows {
		got[r.Unit] = r.Better
	}
	want := map[string]record.Better{"sec/op": record.Lower, "B/s": record.Higher, "score": record.Higher, "widgets": ""}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// What a run writes in the Go benchmark format is what is read from the run itself.
func TestWriteRunReadsBack(t *testing.T) {
	run := &store.Run{Manifest: store.Manifest{Run: "r1", Commit: "c1",
		Targets: []store.Target{{ID: "native", GOARCH: "arm64", Chip: "kunpeng-920"}}}}
	for round := 1; round <= 2; round++ {
		cell := &store.CellRun{Target: "native", Item: "crypto", Round: round, BuildKey: "linux/arm64",
			Launches: []record.Launch{{Provenance: record.Native, Payload: "sha256:ab"}}}
		for i := range 3 {
			cell.Samples = append(cell.Samples,
				store.Sample{Sample: record.Sample{Name: "SM3/1 MiB", Value: 100.5 + float64(i), Unit: "ns/op", Better: record.Lower, N: 7}},
				store.Sample{Sample: record.Sample{Name: "SM3/1 MiB", Value: 42.25 - float64(i), Unit: "MB/s", Better: record.Higher}})
		}
		run.Cells = append(run.Cells, cell)
	}
	var text bytes.Buffer
	if err := WriteRun(&text, run); err != nil {
		t.Fatal(err)
	}
	dir := write(t, map[string]string{"run.txt": text.String()})
	set, problems := Read([]Input{{Path: dir}}, Chip, 1)
	if len(problems) > 0 {
		t.Fatalf("%v in\n%s", problems, &text)
	}
	if c := set.Columns[0]; c.Label != "kunpeng-920" || c.Payloads[0] != (Payload{"linux/arm64", "sha256:ab"}) {
		t.Errorf("column %+v", c)
	}
	if len(set.Rows) != 2 || set.Rows[0].Name != "Crypto/SM3/1_MiB" || set.Rows[1].Better != record.Higher {
		t.Fatalf("rows %+v", set.Rows)
	}
	if r := set.Rows[0].Cells[0].Rounds; len(r) != 2 || len(r[1]) != 3 || math.Abs(r[1][2]-102.5e-9) > 1e-15 {
		t.Errorf("rounds %v", r)
	}
}
