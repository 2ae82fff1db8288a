package gc

import (
	"fmt"
	"runtime/debug"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/gc/meter"
	"github.com/xcmatrix/xcmatrix/suites/gc/workload"
)

// gridPercents are the values of GOGC in the grid, and gridLimits those of GOMEMLIMIT: none, far above what a workload has in
// use, and close to it.
var (
	gridPercents = []int{off, 50, 75, 80, 100, 200, 400}
	gridLimits   = []string{"none", "loose", "tight"}
)

// cellName is the name of a cell of the grid, and of its fact.
func cellName(w workload.Workload, percent int, limit string) string {
	gogc := fmt.Sprint(percent)
	if percent == off {
		gogc = "off"
	}
	return fmt.Sprintf("%s GOGC=%s GOMEMLIMIT=%s", w.Name, gogc, limit)
}

// cells registers the grid of workloads, GOGC and GOMEMLIMIT.
func cells() {
	for _, w := range workload.All {
		for _, percent := range gridPercents {
			for _, limit := range gridLimits {
				name := cellName(w, percent, limit)
				if !check.Selected("cell / " + name) {
					continue
				}
				It(name, func() {
					withPercent(percent)
					judge(check.Gather(name, func() cell { return runCell(name, w, percent, limit) }))
				})
			}
		}
	}
}

// cell is what was measured in one cell of the grid.
type cell struct {
	Percent    int
	Limit      uint64 // bytes; 0 for none
	Lost       int    // what the collector took although it was in use
	Operations int
	Cycles     uint64
	Allocated  uint64
	Live, Held uint64
	Gave       bool // the collector gave up the limit for a while, as it would have used more than half of the CPU time
}

// judge checks what Go documents about GOGC and GOMEMLIMIT: https://go.dev/doc/gc-guide.
func judge(c cell) {
	GinkgoHelper()
	Expect(c.Lost).To(BeZero())
	Expect(c.Operations).To(BeNumerically(">", 0))
	switch {
	case c.Percent == off && c.Limit == 0:
		Expect(c.Cycles).To(BeZero(), "cycles with GOGC=off and no limit")
	case c.Percent != off && c.Allocated > 8*(c.Live+4<<20)*uint64(c.Percent)/100:
		Expect(c.Cycles).To(BeNumerically(">", 0), "cycles for %d MiB allocated", c.Allocated>>20)
	}
	if c.Limit > 0 && !c.Gave {
		Expect(c.Held).To(BeNumerically("<=", c.Limit+c.Limit/2+64<<20), "bytes held, with a limit of %d MiB", c.Limit>>20)
	}
}

// cellTime is for how long a cell runs, in CPU time of each processor.
func cellTime() time.Duration { return check.IfNative(150*time.Millisecond, time.Millisecond) }

// runCell runs a workload under the settings and records its cost.
func runCell(name string, w workload.Workload, percent int, limit string) cell {
	bytes := limitOf(w, limit)
	if bytes > 0 {
		withLimit(int64(bytes))
	}
	debug.FreeOSMemory()
	cost := w.Run(cellTime())
	recordCost(name, cost)
	return cell{Percent: percent, Limit: bytes, Lost: cost.Lost, Operations: cost.Operations, Cycles: cost.Cycles,
		Allocated: cost.Allocated, Live: cost.Live, Held: cost.Held, Gave: cost.Spiral}
}

// limitOf returns a limit of the grid in bytes; 0 for none. It depends on the workload alone, not on what a process has measured.
func limitOf(w workload.Workload, limit string) uint64 {
	switch limit {
	case "loose":
		return 4*w.Live + 64<<20
	case "tight":
		return w.Live + w.Live/4 + 32<<20
	}
	return 0
}

// workloads registers each workload once, under the process's own GOGC and GOMEMLIMIT: `xcmatrix tune gc` runs these.
func workloads() {
	for _, w := range workload.All {
		It(w.Name, func() {
			lost := check.Gather("lost by the workload "+w.Name, func() int {
				cost := w.Run(check.IfNative(800*time.Millisecond, time.Millisecond))
				recordCost(w.Name, cost)
				return cost.Lost
			})
			Expect(lost).To(BeZero())
		})
	}
}

// recordCost records the samples of a workload's cost.
func recordCost(name string, c workload.Cost) {
	sample := func(what string, value float64, unit string, better record.Better) {
		check.Sample(record.Sample{Name: name + "/" + what, Value: value, Unit: unit, Better: better, N: max(c.Operations, 1)})
	}
	sample("operation", c.PerOperation(), "cpu-ns/op", record.Lower)
	sample("throughput", float64(c.Operations)/c.Wall.Seconds(), "ops/s", record.Higher)
	for _, q := range quantiles {
		sample("latency-"+q.name, float64(c.Latency.Quantile(q.share).Nanoseconds()), "ns", record.Lower)
		if c.Stops() > 0 {
			sample("stop-"+q.name, c.Pause(q.share)*1e9, "ns", record.Lower)
		}
	}
	sample("cycles", float64(c.Cycles), "cycles", record.Lower)
	sample("gc-share", 100*c.Fraction(), "%", record.Lower)
	sample("assist", c.Assist*1e9/float64(max(c.Operations, 1)), "cpu-ns/op", record.Lower)
	sample("allocated", float64(c.Allocated)/float64(max(c.Operations, 1)), "B/op", record.Lower)
	sample("allocation-rate", float64(c.Allocated)/max(c.Used.Seconds(), 1e-9), "B/cpu-s", record.Lower)
	if c.Spiral {
		sample("death-spiral", 1, "limits", record.Lower)
	}
	sample("live", float64(c.Live), "B", record.Lower)
	sample("held", float64(c.Held), "B", record.Lower)
	if c.Resident > 0 && !check.Emulated() { // an emulator's own memory is in the figure
		sample("peak-rss", float64(c.Resident), "B", record.Lower)
		if use := meter.GroupUse(); use > 0 {
			sample("cgroup", float64(use), "B", record.Lower)
		}
	}
}

// quantiles are those that are recorded of latencies and of stops of the world.
var quantiles = []struct {
	name  string
	share float64
}{{"p50", 0.50}, {"p99", 0.99}, {"p99.9", 0.999}, {"max", 1}}
