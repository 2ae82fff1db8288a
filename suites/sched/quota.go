package sched

import (
	"context"
	"math"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/rerun"
)

// quotaSizes are quotas in processors.
var quotaSizes = []float64{0.5, 1, 1.5, 2.5, 4}

func quotas() {
	for _, quota := range quotaSizes {
		It("of "+text(quota)+" processors decides GOMAXPROCS", func(ctx SpecContext) {
			is := check.Gather("GOMAXPROCS and runtime.NumCPU with a quota of "+text(quota), func() []int { return procsUnder(ctx, quota) })
			check.ObserveDiffers("GOMAXPROCS and runtime.NumCPU", is, record.Say("machines have different numbers of processors", "各机器的处理器数不同"))
			// Go 1.25 rounds a quota up, and does not go below two: runtime.GOMAXPROCS.
			Expect(is[0]).To(Equal(min(is[1], max(2, int(math.Ceil(quota))))))
		})
	}
	It("decides nothing with GODEBUG=containermaxprocs=0", func(ctx SpecContext) {
		is := check.Gather("GOMAXPROCS and runtime.NumCPU with containermaxprocs=0", func() []int { return procsUnder(ctx, 0.5, "GODEBUG=containermaxprocs=0") })
		Expect(is[0]).To(Equal(is[1]))
	})
	It("decides nothing where the environment has GOMAXPROCS", func(ctx SpecContext) {
		Expect(check.Gather("GOMAXPROCS and runtime.NumCPU with GOMAXPROCS=3", func() []int { return procsUnder(ctx, 0.5, "GOMAXPROCS=3") })[0]).To(Equal(3))
	})
	It("of half a processor gives no more than that", func(ctx SpecContext) {
		used := check.Gather("processors used with a quota of a half", func() float64 { return underQuota(ctx, 0.5, "work").Number("processors used") })
		// The kernel hands out what is left of a period in slices to each processor: Documentation/scheduler/sched-bwc.rst.
		Expect(used).To(And(BeNumerically(">", 0), BeNumerically("<", 0.75)))
	})
}

// usedUp registers what a quota does once it is used up, and that of a parent group.
func usedUp() {
	It("that is used up is counted as throttled", func(ctx SpecContext) {
		periods := check.Gather("throttled periods, and periods", func() []float64 {
			g := rerun.NewGroup("cpu")
			g.SetQuota(0.5)
			needsQuota(inProcess(ctx, "work", rerun.Options{Group: g}).Number("processors used"))
			throttled, all := g.Throttled()
			return []float64{throttled, all}
		})
		Expect(periods[0]).To(And(BeNumerically(">", 0), BeNumerically("<=", periods[1])))
	})
	It("of a parent group holds for its child, whatever GOMAXPROCS is", func(ctx SpecContext) {
		is := check.Gather("processors used with a quota of the parent group, and GOMAXPROCS", func() []float64 {
			parent := rerun.NewGroup("cpu")
			parent.SetQuota(0.5)
			r := inProcess(ctx, "work", rerun.Options{Group: parent.Child("cpu")})
			return []float64{r.Number("processors used"), r.Number("GOMAXPROCS")}
		})
		check.ObserveDiffers("GOMAXPROCS with a quota of half a processor on the parent group", is[1], record.Say(
			"Go reads the limit of the process's own group alone: https://github.com/golang/go/issues/81180", "Go 只读取进程所在组的限制：https://github.com/golang/go/issues/81180"))
		Expect(is[0]).To(And(BeNumerically(">", 0), BeNumerically("<", 0.75)))
	})
	It("of a parent group decides GOMAXPROCS as the group's own would, or does not at all", func(ctx SpecContext) {
		is := check.Gather("GOMAXPROCS and runtime.NumCPU with a quota of the parent group", func() []int {
			parent := rerun.NewGroup("cpu")
			parent.SetQuota(0.5)
			r := inProcess(ctx, "processors", rerun.Options{Group: parent.Child("cpu")})
			return []int{int(r.Number("GOMAXPROCS")), int(r.Number("NumCPU"))}
		})
		// Go 1.26 does not see it where the second version of control groups has no limit in the group itself: golang/go#81180.
		Expect([]int{is[1], min(is[1], 2)}).To(ContainElement(is[0]))
	})
}

// underQuota runs a spec again in a group with a quota.
func underQuota(ctx context.Context, processors float64, spec string, env ...string) *rerun.Result {
	GinkgoHelper()
	g := rerun.NewGroup("cpu")
	g.SetQuota(processors)
	return inProcess(ctx, spec, rerun.Options{Group: g, Env: env})
}

// procsUnder returns GOMAXPROCS and runtime.NumCPU of a process in a group with a quota.
func procsUnder(ctx context.Context, processors float64, env ...string) []int {
	GinkgoHelper()
	r := underQuota(ctx, processors, "processors", env...)
	return []int{int(r.Number("GOMAXPROCS")), int(r.Number("NumCPU"))}
}
