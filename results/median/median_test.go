package median

import (
	"math"
	"testing"
	"time"
)

func TestOf(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{[]float64{3}, 3}, {[]float64{5, 1, 3}, 3}, {[]float64{4, 1, 3, 2}, 2.5}} {
		before := append([]float64{}, c.values...)
		if got := Of(c.values); got != c.want {
			t.Errorf("%v: %v, want %v", c.values, got, c.want)
		}
		for i := range before {
			if before[i] != c.values[i] {
				t.Errorf("%v became %v", before, c.values)
			}
		}
	}
	if got := Of([]time.Duration{4, 1}); got != 2 {
		t.Errorf("durations: %v", got)
	}
	if got := Of([]float64(nil)); !math.IsNaN(got) {
		t.Errorf("no values: %v", got)
	}
	if got := Of([]time.Duration{}); got != 0 {
		t.Errorf("no durations: %v", got)
	}
}
