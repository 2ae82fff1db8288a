package gc

import (
	"context"
	"runtime"
	"runtime/debug"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/gc/meter"
	"github.com/xcmatrix/xcmatrix/suites/rerun"
)

// inProcess runs a spec of againSpecs in another process.
func inProcess(ctx context.Context, spec string, o rerun.Options) *rerun.Result {
	GinkgoHelper()
	o.Item, o.Spec = "gc", spec
	return rerun.Spec(ctx, o)
}

// kept keeps memory in use.
var kept [][]byte

// keep keeps n bytes more in use and writes to each page.
func keep(n int) {
	for range n >> 20 {
		block := make([]byte, 1<<20)
		for i := 0; i < len(block); i += 4096 {
			block[i] = 1
		}
		kept = append(kept, block)
	}
}

func againSpecs() {
	It("settings", func() {
		rerun.Tell("GOGC", meter.Figure(meter.Percent))
		rerun.Tell("GOMEMLIMIT", meter.Figure(meter.Limit))
	})
	It("garbage", func() { // 400 MiB of garbage, with 16 MiB in use
		keep(16 << 20)
		for range 400 {
			block := make([]byte, 1<<20)
			for i := 0; i < len(block); i += 4096 {
				block[i] = 1
			}
			runtime.KeepAlive(block)
		}
		rerun.Tell("cycles", meter.Figure(meter.Cycles))
	})
	It("memory in use", func() { // 256 MiB, or until the kernel ends the process
		keep(256 << 20)
		rerun.Tell("kept", len(kept))
	})
	It("close to the limit", func() { tellSpiral(300 * time.Millisecond) })
	It("close to the limit until it is given up", func() { tellSpiral(check.ScaledTimeout(time.Minute)) })
	It("far from the limit", func() { tellSpiral(2 * time.Second) })
	It("until it is killed", func() { keep(16 << 20); waitForParent() })
	It("more than the address space has", exceedAddressSpace)
	It("use of the group", func() {
		keep(64 << 20)
		rerun.Tell("use", []uint64{meter.GroupUse(), 64 << 20})
	})
	It("released memory", func() {
		keep(64 << 20)
		full := meter.Resident()
		kept = nil
		debug.FreeOSMemory()
		rerun.Tell("resident", []uint64{full, meter.Resident()})
	})
}
