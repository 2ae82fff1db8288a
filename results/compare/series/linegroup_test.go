package series

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// The same is read whether all samples of a benchmark stand together, or come pass by pass, or in groups of any length.
func TestOrderOfLinesDoesNotMatter(t *testing.T) {
	const benchmarks, samples = 40, 33 // more samples than are sorted by insertion
	r := rand.New(rand.NewPCG(1, 2))
	var together, passes, groups []string
	left := make([][]string, benchmarks)
	for b := range benchmarks {
		for range samples {
			left[b] = append(left[b], fmt.Sprintf("BenchmarkB%d-4 10 %d ns/op %d.5 MB/s", b, 100+r.IntN(50), r.IntN(9)))
		}
		together = append(together, left[b]...)
	}
	for i := range samples {
		for b := range benchmarks {
			passes = append(passes, left[b][i])
		}
	}
	for len(groups) < len(together) {
		b := r.IntN(benchmarks)
		n := min(len(left[b]), 1+r.IntN(2*minGroup))
		groups = append(groups, left[b][:n]...)
		left[b] = left[b][n:]
	}
	values := func(lines []string) map[Benchmark][][]float64 {
		dir := write(t, map[string]string{"a.txt": strings.Join(lines, "\n") + "\n"})
		set, problems := Read([]Input{{Path: filepath.Join(dir, "a.txt")}}, Target, 1)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		read := map[Benchmark][][]float64{}
		for _, row := range set.Rows {
			read[row.Benchmark] = row.Cells[0].Rounds
			if line := lines[row.Cells[0].Line-1]; !strings.HasPrefix(line, "Benchmark"+row.Name+"-") {
				t.Errorf("%s is said to begin with the line %q", row, line)
			}
		}
		return read
	}
	want := values(together)
	if len(want) != 2*benchmarks || len(want[Benchmark{Name: "B7", Unit: "sec/op"}][0]) != samples {
		t.Fatalf("%d rows are read: %v", len(want), want)
	}
	for name, lines := range map[string][]string{"passes": passes, "groups": groups} {
		if got := values(lines); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: not the same is read", name)
		}
	}
}
