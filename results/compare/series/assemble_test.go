package series

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// shuffled makes files that have some of the same benchmarks each, in another order and in several rounds, and where all
// their values stand: by benchmark and file, by round.
func shuffled(r *rand.Rand, files int) (text map[string]string, values map[string]map[string][][]float64) {
	text, values = map[string]string{}, map[string]map[string][][]float64{}
	for f := range files {
		name := fmt.Sprintf("%02d.txt", f)
		var lines strings.Builder
		for round := range 3 {
			fmt.Fprintf(&lines, "round: %d\n", round+1)
			for _, b := range r.Perm(30)[:20+r.IntN(10)] {
				var samples []float64
				for range 1 + r.IntN(6) {
					samples = append(samples, float64(len(samples)+10*r.IntN(2)))
					fmt.Fprintf(&lines, "BenchmarkB%d-4 1 %v widgets\n", b, samples[len(samples)-1])
				}
				of := values[fmt.Sprintf("B%d", b)]
				if of == nil {
					of = map[string][][]float64{}
					values[fmt.Sprintf("B%d", b)] = of
				}
				sortFew(samples)
				of[name] = append(of[name], samples)
			}
		}
		text[name] = lines.String()
	}
	return text, values
}

// Every value must come into the cell and the round that it is of, in whatever order benchmarks come, and the set must
// not depend on how many workers put it together.
func TestAssembling(t *testing.T) {
	text, want := shuffled(rand.New(rand.NewPCG(5, 6)), 20)
	dir := write(t, text)
	var sets []*Set
	for _, workers := range []int{1, 3, 64} {
		set, problems := Read([]Input{{Path: dir}}, Target, workers)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		sets = append(sets, set)
	}
	if !reflect.DeepEqual(sets[0], sets[1]) || !reflect.DeepEqual(sets[0], sets[2]) {
		t.Error("other numbers of workers read other sets")
	}
	got := map[string]map[string][][]float64{}
	for _, row := range sets[0].Rows {
		of := map[string][][]float64{}
		for i, c := range row.Cells {
			if i > 0 && row.Cells[i-1].Column >= c.Column {
				t.Errorf("%s: the cells are not in the order of columns", row)
			}
			of[sets[0].Columns[c.Column].Label] = c.Rounds
		}
		got[row.Name] = of
	}
	if !reflect.DeepEqual(fmt.Sprint(got), fmt.Sprint(want)) {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
}

// Rows stand in the order in which their benchmarks come first.
func TestRowsInOrder(t *testing.T) {
	line := func(names ...string) (text string) {
		for _, name := range names {
			text += strings.Repeat("Benchmark"+name+" 1 5 widgets\n", minGroup)
		}
		return text
	}
	dir := write(t, map[string]string{"a.txt": line("B", "A", "B", "C-8"), "b.txt": line("C-4", "D", "A"), "c.txt": line("D", "E", "B")})
	set, _ := Read([]Input{{Path: dir}}, Target, 2)
	names := ""
	for _, row := range set.Rows {
		names += row.Name
	}
	if names != "BACDE" {
		t.Errorf("rows in the order %s, want BACDE", names)
	}
}

// Columns of one value are made once, for as many as are kept.
func TestConstantsAreShared(t *testing.T) {
	var text strings.Builder
	for b := range 3 * mostConstants {
		for range minGroup {
			fmt.Fprintf(&text, "BenchmarkB%d 1 %d B/op 0 allocs/op\n", b, b)
		}
	}
	path := filepath.Join(write(t, map[string]string{"a.txt": text.String()}), "a.txt")
	set, _ := Read([]Input{{Path: path}}, Target, 1)
	if len(set.Rows) != 6*mostConstants {
		t.Fatalf("%d rows", len(set.Rows))
	}
	for i, row := range set.Rows {
		want := float64(i / 2 * (1 - i%2))
		if got := row.Cells[0].Rounds; len(got) != 1 || !reflect.DeepEqual(got[0], []float64{want, want, want, want}) {
			t.Errorf("%s in %s: %v, want four times %v", row, row.Unit, got, want)
		}
	}
	if &set.Rows[1].Cells[0].Rounds[0][0] != &set.Rows[3].Cells[0].Rounds[0][0] {
		t.Error("two columns of zeros are not shared")
	}
}
