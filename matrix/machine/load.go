package machine

import (
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// memory is the memory that the kernel manages, in bytes.
func memory(t tree) uint64 {
	for line := range strings.Lines(t.read("proc/meminfo")) {
		if rest, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			kib, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 50)
			if err != nil {
				return 0
			}
			return kib << 10
		}
	}
	return 0
}

// ticks a second in /proc/stat: USER_HZ, which is 100 on all architectures here.
const ticks = 100

// load is how busy the machine is: the first number of /proc/loadavg, and the eighth of the cpu line of /proc/stat.
func load(t tree) record.Load {
	var l record.Load
	if f := strings.Fields(t.line("proc/loadavg")); len(f) > 0 {
		l.One = finite(f[0])
	}
	if f := strings.Fields(t.line("proc/stat")); len(f) > 8 && f[0] == "cpu" {
		l.Steal = finite(f[8]) / ticks
	}
	return l
}

// Load is how busy this machine is now, for the start and the end of a round.
func Load() record.Load { return load(live()) }

// finite is a number that JSON can hold, 0 for anything else.
func finite(s string) float64 {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || n != n || n > 1e15 || n < 0 {
		return 0
	}
	return n
}
