package noise

import "testing"

func TestCrowded(t *testing.T) {
	for _, c := range []struct {
		loadavg    string
		processors int
		want       bool
	}{
		{"1.90 1.5 1.0 2/300 4242", 2, false},
		{"7.99 1.5 1.0 9/300 4242", 2, false},
		{"22.10 9.5 4.0 22/300 4242", 2, true},
		{"22.10 9.5 4.0 22/300 4242", 128, false},
		{"600.00 9.5 4.0 22/300 4242", 128, true},
		{"", 2, false},
	} {
		if got := crowded(c.loadavg, c.processors); (got != nil) != c.want {
			t.Errorf("%q with %d processors: %v", c.loadavg, c.processors, got)
		}
	}
}
