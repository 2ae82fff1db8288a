// Package gc checks the garbage collector: that it keeps what it promises, and what a small grid of GOGC and
// GOMEMLIMIT costs in pauses, CPU time and memory for a fixed amount of work.
package gc

import (
	"runtime"
	"runtime/debug"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Suite is the item gc.
var Suite = check.Suite{Item: "gc", Specs: specs}

func specs() {
	Context("setting", settings)
	Context("work", works)
	Context("object", objects)
	Context("under pressure", pressures)
	Context("processor", processors)
	Context("grid", check.Within(time.Minute), grid)
}

const off = -1 // GOGC=off, for debug.SetGCPercent

// withPercent sets GOGC to the end of the spec.
func withPercent(percent int) {
	before := debug.SetGCPercent(percent)
	DeferCleanup(func() { debug.SetGCPercent(before) })
}

// withLimit sets GOMEMLIMIT, in bytes, to the end of the spec.
func withLimit(bytes int64) {
	before := debug.SetMemoryLimit(bytes)
	DeferCleanup(func() { debug.SetMemoryLimit(before) })
}

// withProcs sets GOMAXPROCS to the end of the spec.
func withProcs(n int) {
	before := runtime.GOMAXPROCS(n)
	DeferCleanup(func() { runtime.GOMAXPROCS(before) })
}
