package meter

import (
	"math"
	"slices"
	"testing"
)

// The files of a process's own group come first, of both versions.
func TestUsageFiles(t *testing.T) {
	got := usageFiles("5:cpu,cpuacct:/a\n4:memory:/b\n0::/c\nnonsense\n", "/g")
	want := []string{"/g/memory/b/memory.usage_in_bytes", "/g/memory/memory.usage_in_bytes", "/g/c/memory.current", "/g/memory.current"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// Quantiles are upper bounds of buckets; the last bucket has a lower bound only.
func TestPause(t *testing.T) {
	c := Counts{pauses: []uint64{0, 98, 1, 1}, bounds: []float64{0, 1, 2, 3, math.Inf(1)}}
	for q, want := range map[float64]float64{0.5: 2, 0.98: 2, 0.99: 3, 1: 3} {
		if got := c.Pause(q); got != want {
			t.Errorf("%v: %v, want %v", q, got, want)
		}
	}
	before := Counts{pauses: []uint64{0, 90, 0, 0}}
	if since := c.Since(before); since.Stops() != 10 {
		t.Errorf("%d stops", since.Stops())
	}
	if f := (Counts{CPU: 1, All: 5, Idle: 1}).Fraction(); f != 0.25 {
		t.Errorf("share %v", f)
	}
	if (Counts{}).Pause(0.5) != 0 || (Counts{}).Fraction() != 0 {
		t.Error("figures of nothing")
	}
}
