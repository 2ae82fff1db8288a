package gc

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"runtime/metrics"
	"strings"
)

// Names in runtime/metrics.
const (
	nameCycles    = "/gc/cycles/total:gc-cycles"
	nameForced    = "/gc/cycles/forced:gc-cycles"
	nameCPU       = "/cpu/classes/gc/total:cpu-seconds"
	nameAllocated = "/gc/heap/allocs:bytes"
	namePauses    = "/sched/pauses/total/gc:seconds"
	nameTotal     = "/memory/classes/total:bytes"
	nameReleased  = "/memory/classes/heap/released:bytes"
	namePercent   = "/gc/gogc:percent"
	nameLimit     = "/gc/gomemlimit:bytes"
)

// figure returns a metric of kind uint64.
func figure(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// meter has values that the runtime has counted so far, or between two moments.
type meter struct {
	cycles, allocated uint64
	cpuSeconds        float64
	pauses            []uint64  // by bucket
	bounds            []float64 // of the buckets, in seconds: one more than there are buckets
}

func read() meter {
	samples := []metrics.Sample{{Name: nameCycles}, {Name: nameAllocated}, {Name: nameCPU}, {Name: namePauses}}
	metrics.Read(samples)
	pauses := samples[3].Value.Float64Histogram()
	return meter{cycles: samples[0].Value.Uint64(), allocated: samples[1].Value.Uint64(), cpuSeconds: samples[2].Value.Float64(),
		pauses: append([]uint64(nil), pauses.Counts...), bounds: pauses.Buckets}
}

// since returns what was counted between before and m.
func (m meter) since(before meter) meter {
	m.cycles -= before.cycles
	m.allocated -= before.allocated
	m.cpuSeconds -= before.cpuSeconds
	for i := range m.pauses {
		m.pauses[i] -= before.pauses[i]
	}
	return m
}

// stops returns the number of pauses.
func (m meter) stops() (n uint64) {
	for _, count := range m.pauses {
		n += count
	}
	return n
}

// pause returns the q-quantile of the pauses in seconds: the upper bound of its bucket, or the lower bound of the last bucket,
// which has no upper one. It returns 0 if there were no pauses.
func (m meter) pause(q float64) float64 {
	rank, seen := uint64(math.Ceil(q*float64(m.stops()))), uint64(0)
	for i, count := range m.pauses {
		if seen += count; seen >= rank && count > 0 {
			if upper := m.bounds[i+1]; !math.IsInf(upper, 1) {
				return upper
			}
			return m.bounds[i]
		}
	}
	return 0
}

// forgetPeak resets the kernel's peak of resident memory, and reports whether it could: proc_pid_clear_refs(5).
func forgetPeak() bool { return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil }

// peak returns the peak of resident memory in bytes, VmHWM of /proc/self/status; 0 if it is not there.
func peak() uint64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, found := strings.CutPrefix(lines.Text(), "VmHWM:"); found {
			var kilobytes uint64
			if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
				return 0
			}
			return kilobytes << 10
		}
	}
	return 0
}
