package database

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// load is how many tasks run or wait to run for each processor, now or on average over the last minute (proc(5),
// /proc/loadavg); 0 where the kernel does not tell.
func load() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	return loadIn(string(text), runtime.NumCPU())
}

// loadIn reads a line of /proc/loadavg on a machine with so many processors.
func loadIn(line string, processors int) float64 {
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

// overloaded reports whether the machine has more than twice the work that its processors can do at a time.
func overloaded() bool { return load() > 2 }

// patient is how long something may take that takes at most d on an idle machine: up to three times as long on a busy one,
// and longer under an emulator.
func patient(d time.Duration) time.Duration {
	return time.Duration(float64(check.Stretched(d)) * min(max(load(), 1), 3))
}

// tries is how often something is tried that has to be quick: what ignores its deadline is late each time, a busy machine
// is not.
const tries = 3

// prompt reports whether try takes less than limit, at least once.
func prompt(limit time.Duration, try func() time.Duration) bool {
	for range tries {
		if try() < limit {
			return true
		}
	}
	return false
}
