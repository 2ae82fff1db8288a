package machine

import (
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// memory returns the memory that the kernel manages, in bytes; 0 if it is unknown.
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

// ticks is the number of ticks per second in /proc/stat: USER_HZ, which is 100 on all supported architectures.
const ticks = 100

// load returns the load of the last minute (the first number of /proc/loadavg) and the stolen time since boot in seconds (the
// eighth number of the cpu line of /proc/stat).
func load(t tree) record.Load {
	var l record.Load
	if f := strings.Fields(t.firstLine("proc/loadavg")); len(f) > 0 {
		l.One = parseNumber(f[0])
	}
	if f := strings.Fields(t.firstLine("proc/stat")); len(f) > 8 && f[0] == "cpu" {
		l.Steal = parseNumber(f[8]) / ticks
	}
	return l
}

// Load returns the present load and stolen time of this machine.
func Load() record.Load { return load(hostRoot()) }

// parseNumber returns a number from 0 to 1e15; 0 for any other text.
func parseNumber(s string) float64 {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || n != n || n > 1e15 || n < 0 {
		return 0
	}
	return n
}
