package gc

import (
	"fmt"
	"runtime"
	"runtime/debug"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/gc/meter"
)

// grid registers the measurements: most on one processor, where the figures depend on the collector alone, and some on all
// processors, where they include the operating system's scheduling.
func grid() {
	for _, percent := range []int{50, 100, 200} {
		for name, limit := range map[string]int64{"off": noLimit, "64MiB": 64 << 20} {
			It(fmt.Sprintf("GOGC=%d GOMEMLIMIT=%s on one processor", percent, name), check.Bench(), func() {
				withProcs(1)
				measure(fmt.Sprintf("GOGC=%d/GOMEMLIMIT=%s/procs=1", percent, name), percent, limit)
			})
		}
	}
	It("GOGC=100 GOMEMLIMIT=off on all processors", check.Bench(), func() {
		measure("GOGC=100/GOMEMLIMIT=off/procs=all", 100, noLimit)
	})
}

// noLimit is the value of debug.SetMemoryLimit for no limit.
const noLimit = int64(^uint64(0) >> 1)

// measure does the work under the settings, five times natively and else once, and records samples of its cost.
func measure(name string, percent int, limit int64) {
	withPercent(percent)
	withLimit(limit)
	for range check.IfNative(5, 1) {
		debug.FreeOSMemory()
		countsPeak := meter.ForgetPeak() && !check.Emulated() // an emulator's own memory is in the figure
		before := meter.Read()
		Expect(usual().work()).To(BeZero())
		cost := meter.Read().Since(before)
		sample := func(what string, value float64, unit string) {
			check.Sample(record.Sample{Name: name + "/" + what, Value: value, Unit: unit, Better: record.Lower, N: 1})
		}
		sample("cycles", float64(cost.Cycles), "cycles")
		sample("gc", cost.CPU*1e9, "cpu-ns")
		sample("allocated", float64(cost.Allocated), "B")
		if cost.Stops() > 0 {
			sample("stop-p50", cost.Pause(0.50)*1e9, "ns")
			sample("stop-p99", cost.Pause(0.99)*1e9, "ns")
		}
		if countsPeak {
			sample("peak-rss", float64(meter.Peak()), "B")
		}
	}
	runtime.GC()
}
