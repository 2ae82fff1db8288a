package dbtest

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Load returns how many tasks run or wait to run for each processor: now, or on average over the last minute if that is
// more (proc(5), /proc/loadavg). It returns 0 if the kernel does not say.
func Load() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	return parseLoad(string(text), runtime.NumCPU())
}

// parseLoad reads a line of /proc/loadavg for a machine with the given number of processors.
func parseLoad(line string, processors int) float64 {
	fields := strings.Fields(line)
	if len(fields) < 4 {
		return 0
	}
	average, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		return 0
	}
	running, _, _ := strings.Cut(fields[3], "/")
	now, _ := strconv.ParseFloat(running, 64)
	return max(average, now) / float64(processors)
}

// Overloaded reports whether the machine has more than twice the work that its processors can do at a time.
func Overloaded() bool { return Load() > 2 }

// ScaleByLoad returns the limit for something that takes at most d on an idle machine: up to three times d on a busy
// machine, and more under an emulator.
func ScaleByLoad(d time.Duration) time.Duration {
	return time.Duration(float64(check.ScaledTimeout(d)) * min(max(Load(), 1), 3))
}

// attempts is how often ReturnsWithin tries. A driver that ignores its deadline is late each time, a busy machine is not.
const attempts = 3

// ReturnsWithin calls try up to three times, and reports whether one of the durations that try returns is less than limit.
func ReturnsWithin(limit time.Duration, try func() time.Duration) bool {
	for range attempts {
		if try() < limit {
			return true
		}
	}
	return false
}
