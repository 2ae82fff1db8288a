package synthetic

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
)

// The generator's promise to the reader: rounds, benchmarks and samples are what was asked for.
func TestLabReadsBack(t *testing.T) {
	dir := t.TempDir()
	lab := Lab{Machines: 3, Benchmarks: 4, Rounds: 5, Samples: 6, Noise: Noise{Drift: 0.02, Within: 0.02, Spikes: 0.1}, Units: true, Seed: 1}
	values, err := lab.Write(dir)
	if err != nil || values != 3*4*5*6*4 {
		t.Fatalf("%d values, %v", values, err)
	}
	set, problems := series.Read([]series.Input{{Path: dir}}, series.Chip, 2)
	if len(problems) > 0 || len(set.Columns) != 3 || len(set.Rows) != 16 {
		t.Fatalf("%d columns, %d rows, %v", len(set.Columns), len(set.Rows), problems)
	}
	for _, r := range set.Rows {
		for i := range r.Cells {
			if len(r.Cells[i].Rounds) != 5 || r.Cells[i].Samples() != 30 {
				t.Errorf("%s: %d rounds, %d samples", r.Benchmark, len(r.Cells[i].Rounds), r.Cells[i].Samples())
			}
		}
	}
	again := t.TempDir()
	if _, err := lab.Write(again); err != nil {
		t.Fatal(err)
	}
	a, _ := os.ReadFile(filepath.Join(dir, "machine-0002.txt"))
	b, _ := os.ReadFile(filepath.Join(again, "machine-0002.txt"))
	if len(a) == 0 || string(a) != string(b) {
		t.Error("one seed gives two labs")
	}
}

// What the document on measuring promises: a change of 10 % is found at 10 rounds and 2 % noise, and there are next to
// no false verdicts, where pooling is wrong half of the time.
func TestPower(t *testing.T) {
	trial := Trial{Noise{Drift: 0.02, Within: 0.02}, 10, 20, 0.10}
	o, err := trial.Run(300, compare.Defaults, 1)
	if err != nil {
		t.Fatal(err)
	}
	if o.Changed != 60 || o.Found < 54 {
		t.Errorf("found %d of %d", o.Found, o.Changed)
	}
	if o.False > o.Unchanged/20 || o.Missed > (o.Changed+o.Unchanged)/14 {
		t.Errorf("%d false verdicts of %d, %d intervals miss", o.False, o.Unchanged, o.Missed)
	}
	if o.Pooled < o.Unchanged/3 {
		t.Errorf("pooling is wrong in %d of %d only: the trial does not show why rounds are needed", o.Pooled, o.Unchanged)
	}
}
