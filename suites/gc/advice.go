package gc

import (
	"runtime"
	"runtime/debug"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/median"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/gc/meter"
)

// advices registers what is recommended for brands of memory: GOGC of 75 or 80 in place of 100.
func advices() {
	It("GOGC=75 shortens no stop of the world by a third", check.Deep(), func() {
		check.Eventually(func() bool { // what else runs may prolong any of them
			stops := check.Gather("median stops of the world with GOGC of 75 and of 100, in seconds", func() []float64 {
				if !check.Native() {
					check.Skip(record.Say("the time is the emulator's", "时间属于模拟器"))
				}
				withProcs(1)
				return stopsAt(75, 100)
			})
			return stops[0] > 0.67*stops[1]
		}).Should(BeTrue())
	})
	It("GOGC=80 costs hardly fewer cycles than 75", check.Deep(), func() {
		check.Eventually(func() bool { // a cycle that is late on a busy machine is one fewer
			cycles := check.Gather("cycles with GOGC of 75 and of 80", func() []uint64 {
				withProcs(1)
				return []uint64{usual().costAt(75).Cycles, usual().costAt(80).Cycles}
			})
			less, more := min(cycles[0], cycles[1]), max(cycles[0], cycles[1])
			return less > 0 && more <= less+less/4+1
		}).Should(BeTrue())
	})
}

// stopsAt returns the median stop of the world with each of two values of GOGC. It does the work by turns, A B B A.
func stopsAt(a, b int) []float64 {
	before := debug.SetGCPercent(a)
	defer debug.SetGCPercent(before)
	stops := map[int][]float64{}
	for range 2 {
		for _, percent := range []int{a, b, b, a} {
			debug.SetGCPercent(percent)
			runtime.GC()
			start := meter.Read()
			Expect(usual().work()).To(BeZero())
			cost := meter.Read().Since(start)
			stops[percent] = append(stops[percent], cost.Pause(0.5))
		}
	}
	return []float64{median.Of(stops[a]), median.Of(stops[b])}
}
