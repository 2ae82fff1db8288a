package gc

import (
	"context"
	"runtime"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/gc/meter"
	"github.com/xcmatrix/xcmatrix/suites/rerun"
)

// spirals registers what the collector does when what is in use comes close to GOMEMLIMIT or exceeds it. It then runs all the time, a
// death spiral, until it has used more than half of the CPU time for about a second: https://go.dev/doc/gc-guide#Memory_limit. From
// then on it lets the limit be exceeded, and says so in runtime/metrics.
func spirals() {
	It("close to the limit is collected again and again, and the program goes on", func(ctx SpecContext) {
		is := check.Gather("collector and program close to the limit", func() spiral { return spiralOf(ctx, "close to the limit", "24MiB") })
		check.ObserveDiffers("collector close to the limit", is, record.Say("how much it takes depends on how busy the machine is", "占用多少取决于机器繁忙程度"))
		Expect(is.Blocks).To(BeNumerically(">", 0))
		Expect(is.Cycles).To(BeNumerically(">", 1)) // one is forced at the end
	})
	It("beyond the limit is a death spiral, which runtime/metrics shows", check.Deep(), check.Within(3*time.Minute), func(ctx SpecContext) {
		is := check.Gather("collector and program until it gives up the limit", func() spiral {
			return spiralOf(ctx, "close to the limit until it is given up", "24MiB")
		})
		Expect(is.deadly()).To(BeTrue(), "%+v", is)
		Expect(is.Share).To(BeNumerically(">", 0.3), "of the CPU time is the collector's")
	})
	It("far below the limit is no death spiral", check.Deep(), func(ctx SpecContext) {
		is := check.Gather("collector and program far below the limit", func() spiral { return spiralOf(ctx, "far from the limit", "256MiB") })
		Expect(is.deadly()).To(BeFalse(), "%+v", is)
		Expect(is.Blocks).To(BeNumerically(">", 0))
	})
}

// spiral is what the collector did close to GOMEMLIMIT, or beyond it.
type spiral struct {
	Share  float64 `json:"share"` // of the CPU time that was not idle
	Blocks int     `json:"blocks"`
	Cycles int     `json:"cycles"`
	GaveUp bool    `json:"gave_up_the_limit"`
}

// deadly reports whether that was a death spiral: many cycles, until the runtime gave the limit up. On a machine with much other work
// it does so after few cycles, too, as it counts the time in which the collector waits for a processor.
func (s spiral) deadly() bool { return s.GaveUp && s.Cycles >= 10 }

// spiralOf has a process with 35 MiB in use run under a limit.
func spiralOf(ctx context.Context, spec, limit string) (s spiral) {
	GinkgoHelper()
	inProcess(ctx, spec, rerun.Options{Env: []string{"GOMEMLIMIT=" + limit, "GOGC=off", "GOMAXPROCS=1"}}).Done().Value("spiral", &s)
	return s
}

// garbage keeps a block on the heap until the next one.
var garbage []byte

// tellSpiral keeps 32 MiB of pointers in use and makes garbage for a time, or until that was a death spiral.
func tellSpiral(most time.Duration) {
	live := grow(20)
	defer runtime.KeepAlive(live)
	runtime.GC()
	before, began := meter.Read(), time.Now()
	s := spiral{}
	for ; time.Since(began) < most && !s.deadly(); s.Blocks++ {
		garbage = make([]byte, 16<<10)
		if s.Blocks%64 == 0 {
			s.GaveUp, s.Cycles = meter.Figure(meter.Limited) > 0, int(meter.Figure(meter.Cycles)-before.Cycles)
		}
	}
	runtime.KeepAlive(garbage)
	runtime.GC()
	cost := meter.Read().Since(before)
	s.Share, s.Cycles = cost.Fraction(), int(cost.Cycles)
	rerun.Tell("spiral", s)
}
