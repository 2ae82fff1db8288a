package dbtest

import "testing"

func TestLoad(t *testing.T) {
	for line, want := range map[string]float64{"0.50 0.40 0.30 1/200 77\n": 0.5, "8.00 1 1 3/200 77\n": 4, "1.00 1 1 40/900 77\n": 20, "": 0, "x y z 1/2": 0} {
		if got := parseLoad(line, 2); got != want {
			t.Errorf("load of %q = %v, want %v", line, got, want)
		}
	}
}
