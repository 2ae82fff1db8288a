// Package meter reads what the Go runtime and the kernel count about the garbage collector: cycles, CPU time, pauses, allocations
// and memory.
package meter

import (
	"math"
	"runtime"
	"runtime/metrics"
)

// Names in runtime/metrics.
const (
	Cycles    = "/gc/cycles/total:gc-cycles"
	Forced    = "/gc/cycles/forced:gc-cycles"
	CPU       = "/cpu/classes/gc/total:cpu-seconds"
	Assist    = "/cpu/classes/gc/mark/assist:cpu-seconds"
	AllCPU    = "/cpu/classes/total:cpu-seconds"
	Idle      = "/cpu/classes/idle:cpu-seconds"
	Allocated = "/gc/heap/allocs:bytes"
	Pauses    = "/sched/pauses/total/gc:seconds"
	Total     = "/memory/classes/total:bytes"
	Released  = "/memory/classes/heap/released:bytes"
	Live      = "/gc/heap/live:bytes"
	Percent   = "/gc/gogc:percent"
	Limit     = "/gc/gomemlimit:bytes"
	Limited   = "/gc/limiter/last-enabled:gc-cycle"
)

// Figure returns a metric of kind uint64.
func Figure(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// Held returns how many bytes the runtime holds of the system's memory: what GOMEMLIMIT limits.
func Held() uint64 {
	samples := []metrics.Sample{{Name: Total}, {Name: Released}}
	metrics.Read(samples) // both at the same moment
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}

// CountAll makes the runtime count allocated bytes exactly: runtime/metrics does not count a block that a processor allocates
// from before the block is full.
func CountAll() {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
}

// Counts are values that the runtime has counted so far, or between two moments.
type Counts struct {
	Cycles, Allocated      uint64
	CPU, Assist, All, Idle float64   // seconds of CPU time: of the collector, of goroutines that help it, of all, of none
	pauses                 []uint64  // by bucket
	bounds                 []float64 // of the buckets, in seconds: one more than there are buckets
}

// Read returns what the runtime has counted since the start of the process. The CPU times are those of the last cycle's end.
func Read() Counts {
	samples := []metrics.Sample{{Name: Cycles}, {Name: Allocated}, {Name: CPU}, {Name: Assist}, {Name: AllCPU}, {Name: Idle}, {Name: Pauses}}
	metrics.Read(samples)
	pauses := samples[6].Value.Float64Histogram()
	return Counts{Cycles: samples[0].Value.Uint64(), Allocated: samples[1].Value.Uint64(), CPU: samples[2].Value.Float64(),
		Assist: samples[3].Value.Float64(), All: samples[4].Value.Float64(), Idle: samples[5].Value.Float64(),
		pauses: append([]uint64(nil), pauses.Counts...), bounds: pauses.Buckets}
}

// Since returns what was counted between before and c.
func (c Counts) Since(before Counts) Counts {
	c.Cycles -= before.Cycles
	c.Allocated -= before.Allocated
	c.CPU -= before.CPU
	c.Assist -= before.Assist
	c.All -= before.All
	c.Idle -= before.Idle
	for i := range c.pauses {
		c.pauses[i] -= before.pauses[i]
	}
	return c
}

// Fraction returns the collector's share of the CPU time that goroutines and collector have used; 0 if none was counted.
func (c Counts) Fraction() float64 {
	if used := c.All - c.Idle; used > 0 {
		return min(max(c.CPU/used, 0), 1)
	}
	return 0
}

// Stops returns the number of pauses.
func (c Counts) Stops() (n uint64) {
	for _, count := range c.pauses {
		n += count
	}
	return n
}

// Pause returns the q-quantile of the pauses in seconds: the upper bound of its bucket, or the lower bound of the last bucket,
// which has no upper one. It returns 0 if there were no pauses.
func (c Counts) Pause(q float64) float64 {
	rank, seen := uint64(math.Ceil(q*float64(c.Stops()))), uint64(0)
	for i, count := range c.pauses {
		if seen += count; seen >= rank && count > 0 {
			if upper := c.bounds[i+1]; !math.IsInf(upper, 1) {
				return upper
			}
			return c.bounds[i]
		}
	}
	return 0
}
