package history

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// trend has one point for each value.
func trend(better record.Better, values ...float64) *Trend {
	t := &Trend{Better: better}
	for i, v := range values {
		t.Points = append(t.Points, Point{Run: fmt.Sprintf("r%02d", i), Median: v, Low: v, High: v})
	}
	t.mark(Default)
	return t
}

// places are where a trend's levels change.
func (t *Trend) places() (at []int) {
	for i, p := range t.Points {
		if p.Changed != nil {
			at = append(at, i)
		}
	}
	return at
}

// scattered draws runs whose logarithms scatter by sd around levels.
func scattered(random *rand.Rand, n int, sd float64, level func(i int) float64) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = level(i) * math.Exp(sd*random.NormFloat64())
	}
	return values
}

// A series without a change has one marked at most once in a hundred.
func TestNoiseIsNoChange(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{4, 8, 12, 30, 100} {
		const times = 400
		marked := 0
		for range times {
			if len(trend(record.Lower, scattered(random, n, 0.05, func(int) float64 { return 100 })...).places()) > 0 {
				marked++
			}
		}
		if marked > times/100 {
			t.Errorf("%d runs: %d of %d series without a change are marked", n, marked, times)
		}
	}
}

// A doubling in 4 of 30 runs is found in 99 of 100 series, wherever it lies, with a scatter of 5 % between runs.
func TestPulsesAreFound(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	const times = 400
	missed := 0
	for range times {
		from := 2 + random.IntN(23)
		got := trend(record.Lower, scattered(random, 30, 0.05, func(i int) float64 {
			if i >= from && i < from+4 {
				return 200
			}
			return 100
		})...).places()
		if len(got) != 2 || got[0] != from || got[1] != from+4 {
			missed++
		}
	}
	if missed > times/100 {
		t.Errorf("%d of %d pulses were not found where they are", missed, times)
	}
}

// A change in the last run alone is said, and is no level.
func TestLastRunApart(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for _, c := range []struct {
		last   float64
		better record.Better
		want   compare.Verdict
	}{{110, record.Lower, compare.Slower}, {110, record.Higher, compare.Faster}, {90, record.Lower, compare.Faster}, {110, "", compare.HigherValue}, {101, record.Lower, ""}} {
		values := append(scattered(random, 20, 0.01, func(int) float64 { return 100 }), c.last)
		got := trend(c.better, values...)
		var said compare.Verdict
		if got.Alone != nil {
			said = got.Alone.Verdict
		}
		if said != c.want || len(got.places()) > 0 {
			t.Errorf("%v, better %q: %q, want %q; changes at %v", c.last, c.better, said, c.want, got.places())
		}
	}
	if got := trend(record.Lower, 100, 100, 150); got.Alone != nil {
		t.Error("two runs told what a third may be")
	}
}

// Counts that do not scatter change without a doubt, and one that is 0 has no ratio.
func TestCounts(t *testing.T) {
	if got := trend(record.Lower, 8, 8, 8, 9, 9, 9).places(); len(got) != 1 || got[0] != 3 {
		t.Errorf("changes at %v", got)
	}
	zero := trend(record.Lower, 0, 0, 0, 9, 9, 9)
	if c := zero.Points[3].Changed; c == nil || c.Ratio != 0 || c.Verdict != compare.Slower || !strings.HasPrefix(c.In("en"), "slower from here on: no ratio to 0 (p ") {
		t.Errorf("from 0 to 9: %+v", c)
	}
}

func TestUndeclaredDirection(t *testing.T) {
	got := trend("", 100, 100, 100, 100, 200, 200, 200, 200)
	if c := got.Points[4].Changed; c == nil || c.Verdict != compare.HigherValue || c.Faster {
		t.Errorf("%+v", c)
	}
}
