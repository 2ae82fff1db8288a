package gc

import (
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/gc/meter"
)

func settings() {
	It("GOGC is given back by the next one", func() {
		withPercent(137)
		before := []int{debug.SetGCPercent(63), debug.SetGCPercent(off), debug.SetGCPercent(100)}
		Expect(check.Fact("GOGC as given back", before)).To(Equal([]int{137, 63, off}))
	})
	It("GOMEMLIMIT is given back by the next one, and kept by a negative one", func() {
		withLimit(123 << 20)
		before := []int64{debug.SetMemoryLimit(-1), debug.SetMemoryLimit(noLimit), debug.SetMemoryLimit(-1)}
		Expect(check.Fact("GOMEMLIMIT as given back", before)).To(Equal([]int64{123 << 20, 123 << 20, noLimit}))
	})
	It("shows in runtime/metrics", func() {
		withPercent(137)
		withLimit(123 << 20)
		Expect(check.Fact("GOGC in runtime/metrics", meter.Figure(meter.Percent))).To(BeEquivalentTo(137))
		Expect(check.Fact("GOMEMLIMIT in runtime/metrics", meter.Figure(meter.Limit))).To(BeEquivalentTo(123 << 20))
	})
	It("GOGC is 100 unless the environment says otherwise", func() {
		Expect(check.Gather("GOGC that nobody has set", func() uint64 {
			if os.Getenv("GOGC") != "" {
				check.Skip(record.Say("GOGC is set in the environment", "环境变量 GOGC 已设置"))
			}
			return meter.Figure(meter.Percent)
		})).To(BeEquivalentTo(100))
	})
	It("of the collector is recorded", func() {
		check.ObserveDiffers("collector", collector()+" "+runtime.Version(),
			record.Say("a payload may be built with GOEXPERIMENT=nogreenteagc", "测试程序可以用 GOEXPERIMENT=nogreenteagc 构建"))
	})
	It("of the collector is that of the build key", func() {
		is := check.Gather("collector of the build key, and of the program", func() []string {
			key := check.Launch().BuildKey
			if key == "" {
				check.Skip(record.Say("only a payload has a build key", "仅测试程序有构建键"))
			}
			return []string{collectorOf(strings.Split(key, "-")), collector()}
		})
		Expect(is[1]).To(Equal(is[0]))
	})
}

// collector returns the collector that this program was built with.
func collector() string {
	GinkgoHelper()
	info, known := debug.ReadBuildInfo()
	Expect(known).To(BeTrue())
	var experiments []string
	for _, s := range info.Settings {
		if s.Key == "GOEXPERIMENT" {
			experiments = strings.Split(s.Value, ",")
		}
	}
	return collectorOf(experiments)
}

// collectorOf returns the collector by experiments of the toolchain. Green Tea is the default of Go 1.26.
func collectorOf(experiments []string) string {
	if slices.Contains(experiments, "nogreenteagc") {
		return "classic"
	}
	return "greentea"
}

func processors() {
	It("count is that of the machine, or less by a quota", func() {
		procs := func() int {
			return check.Gather("GOMAXPROCS that nobody has set", func() int {
				if os.Getenv("GOMAXPROCS") != "" || strings.Contains(os.Getenv("GODEBUG"), "containermaxprocs=0") {
					check.Skip(record.Say("the environment sets GOMAXPROCS", "环境变量设置了 GOMAXPROCS"))
				}
				return runtime.GOMAXPROCS(0)
			})
		}
		Expect(procs()).To(BeNumerically("<=", runtime.NumCPU()))
		if quota := check.Fact("quota of processors", check.Machine().Cgroup.CPULimit); quota > 0 {
			// Go 1.25 rounds a quota up, and does not go below two.
			check.Eventually(func() float64 { return float64(procs()) }).Should(BeNumerically("<", max(2, quota)+1))
		}
	})
	It("count can be changed while the collector works", func() {
		withProcs(runtime.GOMAXPROCS(0))
		done := make(chan int)
		go func() { done <- usual().work() }()
		for n := 1; n <= 4; n++ {
			runtime.GOMAXPROCS(n)
			runtime.GC()
		}
		Expect(check.Fact("nodes lost while GOMAXPROCS changes", <-done)).To(BeZero())
	})
}
