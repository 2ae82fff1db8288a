package history

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// runs makes one run for each level, of five rounds with noise between them, in an order that is not that of time.
func runs(noise float64, levels ...float64) []*store.Run {
	random := rand.New(rand.NewPCG(1, 2))
	var all []*store.Run
	for i, level := range levels {
		run := &store.Run{Manifest: store.Manifest{Run: fmt.Sprintf("r%02d", i), Commit: fmt.Sprintf("c%d", i),
			Created: time.Unix(int64(1000*i), 0)}}
		for round := 1; round <= 5; round++ {
			cell := &store.CellRun{Target: "native", Item: "crypto", Round: round,
				Launches: []record.Launch{{Provenance: record.Native}}}
			base := level * math.Exp(noise*random.NormFloat64())
			for range 5 {
				cell.Samples = append(cell.Samples, store.Sample{Sample: record.Sample{Name: "SM3",
					Value: base * math.Exp(noise*random.NormFloat64()), Unit: "ns/op", Better: record.Lower}})
			}
			run.Cells = append(run.Cells, cell)
		}
		all = append(all, run)
	}
	random.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	return all
}

func all(string) bool { return true }

func TestChanges(t *testing.T) {
	level := func(v float64, n int) (s []float64) {
		for range n {
			s = append(s, v)
		}
		return s
	}
	join := func(parts ...[]float64) (s []float64) {
		for _, p := range parts {
			s = append(s, p...)
		}
		return s
	}
	for _, c := range []struct {
		name   string
		noise  float64
		levels []float64
		at     []int
		faster []bool
	}{
		{"steady", 0.02, level(100, 12), nil, nil},
		{"one step", 0.02, join(level(100, 5), level(130, 5)), []int{5}, []bool{false}},
		{"up and down", 0.02, join(level(100, 5), level(130, 5), level(90, 5)), []int{5, 10}, []bool{false, true}},
		{"a step under the threshold", 0.001, join(level(100, 6), level(102, 6)), nil, nil},
		{"nothing but noise", 0.3, level(100, 12), nil, nil},
		{"one run", 0.02, level(100, 1), nil, nil},
		{"two runs that differ say nothing of runs", 0.01, []float64{100, 150}, nil, nil},
		{"a pulse", 0.02, join(level(100, 10), level(200, 3), level(100, 8)), []int{10, 13}, []bool{false, true}},
		{"four levels", 0.02, join(level(100, 6), level(130, 6), level(160, 6), level(120, 6)), []int{6, 12, 18}, []bool{false, false, true}},
		{"one run apart is no level", 0.02, join(level(100, 10), level(300, 1), level(100, 8)), nil, nil},
		{"a step among 120 runs", 0.02, join(level(100, 60), level(115, 60)), []int{60}, []bool{false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			trends := Of(runs(c.noise, c.levels...), "native", all, Default)
			if len(trends) != 1 || len(trends[0].Points) != len(c.levels) {
				t.Fatalf("%+v", trends)
			}
			var at []int
			var faster []bool
			for i, p := range trends[0].Points {
				if p.Run != fmt.Sprintf("r%02d", i) {
					t.Errorf("run %s at %d", p.Run, i)
				}
				if p.Changed != nil {
					if zh := p.Changed.In("zh"); !strings.Contains(zh, "倍（p ") || strings.Contains(zh, "%!") {
						t.Errorf("in Chinese: %s", zh)
					}
					at, faster = append(at, i), append(faster, p.Changed.Faster)
				}
			}
			if !reflect.DeepEqual(at, c.at) || !reflect.DeepEqual(faster, c.faster) {
				t.Errorf("changes at %v (faster: %v), want %v (%v)", at, faster, c.at, c.faster)
			}
		})
	}
}

func TestOnlyWhatIsAskedForAndNative(t *testing.T) {
	rs := runs(0.01, 100, 100)
	if got := Of(rs, "arm64", all, Default); len(got) != 0 {
		t.Errorf("another target: %+v", got)
	}
	if got := Of(rs, "native", func(name string) bool { return name == "Crypto/SM4" }, Default); len(got) != 0 {
		t.Errorf("another benchmark: %+v", got)
	}
	for _, c := range rs[0].Cells {
		c.Launches[0].Provenance = record.Emulated
	}
	if got := Of(rs, "native", all, Default); len(got) != 1 || len(got[0].Points) != 1 {
		t.Errorf("an emulated run is among %+v", got)
	}
}

func TestDrawings(t *testing.T) {
	trend := Of(runs(0.001, 100, 100, 100, 150, 150, 150), "native", all, Default)[0]
	if got := trend.Sparkline(); got != "▁▁▁|█▇█" && got != "▁▁▁|███" && got != "▁▁▁|▇▇█" && got != "▁▁▁|▇█▇" && got != "▁▁▁|█▇▇" {
		t.Errorf("sparkline %s", got)
	}
	circles := 0
	for d := xml.NewDecoder(strings.NewReader(trend.SVG("en"))); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "circle" {
			circles++
		}
	}
	if circles != 6 {
		t.Errorf("%d points are drawn, want 6", circles)
	}
	if svg := trend.SVG("zh"); strings.Count(svg, `class="rule`) != 1 || !strings.Contains(svg, ">运行</text>") {
		t.Errorf("%s", svg)
	}
}
