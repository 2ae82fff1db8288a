package noise

import (
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		name  string
		noise record.Noise
		want  string
	}{
		{"quiet", record.Noise{Score: 0.01, Load: 0.1}, ""},
		{"uneven", record.Noise{Score: 0.3}, "30 % longer"},
		{"busy", record.Noise{Load: 2}, "2.0 other tasks"},
		{"stolen", record.Noise{Steal: 0.2}, "20 % of the time"},
		{"hot", record.Noise{Throttled: 3}, "throttled 3 times"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Default.exceeded(c.noise)
			if (got == nil) != (c.want == "") || got != nil && (!strings.Contains(got.En, c.want) || got.Zh == "") {
				t.Errorf("%v, want %q", got, c.want)
			}
			if Off.exceeded(c.noise) != nil {
				t.Error("a limit where there is none")
			}
		})
	}
}

func TestParse(t *testing.T) {
	for in, want := range map[string]Limits{"": Default, "off": Off, "load=2": {0.10, 2, 0.05}, "score=0.2,steal=0": {0.2, 0.5, 0}} {
		if got, err := Parse(in); err != nil || got != want {
			t.Errorf("%q: %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"load", "heat=1", "score=-1", "score=much"} {
		if _, err := Parse(in); err == nil {
			t.Errorf("%q was taken", in)
		}
	}
}

// A machine that is kept busy must look busier than it is by itself.
func TestWatch(t *testing.T) {
	start := time.Now()
	n := Begin(Default).End()
	if n.Score < 0 || n.Load < 0 || n.Steal < 0 || n.Steal > 1 || n.CPUs == "" {
		t.Errorf("%+v", n)
	}
	if d := time.Since(start); d > time.Minute {
		t.Errorf("taking the pulse took %v", d)
	}
}
