package noise

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/needs"
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

// Processors that are possible and not online take no share of the load.
func TestProcessors(t *testing.T) {
	undo, err := Pin()
	if err != nil {
		t.Fatal(err)
	}
	one := allowed()
	if err := undo(); err != nil {
		t.Fatal(err)
	}
	if len(one) != 1 || processors(len(one), 128) != 1 {
		t.Errorf("pinned to one: %v", one)
	}
	online, err := os.ReadFile("/sys/devices/system/cpu/online")
	if err != nil {
		needs.Absent(t, needs.Kernel, "this kernel does not say which processors are online")
	}
	if many := allowed(); len(many) > 0 && !within(many, strings.TrimSpace(string(online))) {
		t.Errorf("%v of %s", many, online)
	}
	if processors(0, 64) != 64 || processors(0, 0) != 1 {
		t.Error("where the mask cannot be read the runtime's count is to be taken")
	}
}

// within reports whether each number is in a list of the kernel's.
func within(numbers []int, list string) bool {
	for _, n := range numbers {
		found := false
		for part := range strings.SplitSeq(list, ",") {
			first, last, ranged := strings.Cut(part, "-")
			from, _ := strconv.Atoi(first)
			to := from
			if ranged {
				to, _ = strconv.Atoi(last)
			}
			found = found || n >= from && n <= to
		}
		if !found {
			return false
		}
	}
	return true
}

func TestRanges(t *testing.T) {
	for want, in := range map[string][]int{"": nil, "0": {0}, "0-3": {0, 1, 2, 3}, "0-1,5,7-8": {0, 1, 5, 7, 8}, "1023,65535": {1023, 65535}} {
		if got := formatRanges(in); got != want {
			t.Errorf("%v: %q, want %q", in, got, want)
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
	if n.Pulse <= 0 || n.Pulse > 1e6 || n.Slow != Default.Score {
		t.Errorf("a step takes %v ns, and %v more is too slow", n.Pulse, n.Slow)
	}
	if d := time.Since(start); d > time.Minute {
		t.Errorf("taking the pulse took %v", d)
	}
}
