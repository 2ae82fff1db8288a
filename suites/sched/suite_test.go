package sched

import (
	"math"
	"testing"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

func TestSuite(t *testing.T) { check.Test(t, Suite) }

func TestJain(t *testing.T) {
	for _, c := range []struct {
		shares []int64
		want   float64
	}{
		{[]int64{5, 5, 5, 5}, 1},
		{[]int64{8, 0, 0, 0}, 0.25},
		{[]int64{1, 2, 3}, 36.0 / 42},
		{[]int64{0, 0}, 0},
	} {
		if got := jain(c.shares); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("jain(%v) = %v, want %v", c.shares, got, c.want)
		}
	}
}

// The fit finds the serial share that the points were made with.
func TestSerialShare(t *testing.T) {
	for _, want := range []float64{0, 0.05, 0.5, 1} {
		var points []scaled
		for _, n := range []int{1, 2, 4, 8, 64} {
			points = append(points, scaled{n, 1000 / (want + (1-want)/float64(n))})
		}
		if got, known := serialShare(points); !known || math.Abs(got-want) > 1e-9 {
			t.Errorf("%v, want %v", got, want)
		}
	}
	if _, known := serialShare([]scaled{{1, 5}}); known {
		t.Error("a share from one point")
	}
}
