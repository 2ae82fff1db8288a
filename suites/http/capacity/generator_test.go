package capacity

import (
	"testing"
	"time"
)

func TestRead(t *testing.T) {
	wrk, hey := generators()[0], generators()[1]
	for _, c := range []struct {
		g    generator
		out  string
		rate float64
		p50  time.Duration
	}{
		{wrk, "  Latency Distribution\n     50%  385.00us\n     75%    1.02ms\nRequests/sec:  41285.65\n", 41285.65, 385 * time.Microsecond},
		{wrk, "     50%    1.50ms\nRequests/sec:  12.00\n", 12, 1500 * time.Microsecond},
		{hey, "  Requests/sec:\t8312.7\n\n  50% in 0.0015 secs\n", 8312.7, 1500 * time.Microsecond},
	} {
		rate, p50, err := c.g.read(c.out)
		if rate != c.rate || p50 != c.p50 || err != nil {
			t.Errorf("%s: %v, %v, %v; want %v, %v", c.g.name, rate, p50, err, c.rate, c.p50)
		}
	}
	for _, out := range []string{"", "Requests/sec: 12", "50% 1.00ms", "Requests/sec: 0\n50% 1.00ms", "unable to connect to 127.0.0.1"} {
		if _, _, err := wrk.read(out); err == nil {
			t.Errorf("%q: no error", out)
		}
	}
}

func TestPercentiles(t *testing.T) {
	l := loaded{}
	for i := range 1000 {
		l.times = append(l.times, time.Duration(i+1))
	}
	for share, want := range map[float64]time.Duration{0: 1, 0.5: 501, 0.99: 991, 0.999: 1000, 1: 1000} {
		if got := l.at(share); got != want {
			t.Errorf("%v: %d, want %d", share, got, want)
		}
	}
}
