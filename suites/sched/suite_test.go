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
