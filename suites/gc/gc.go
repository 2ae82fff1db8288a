// Package gc checks that the garbage collector does what Go documents, and measures pauses, CPU time and memory of a fixed
// amount of work for several values of GOGC and GOMEMLIMIT.
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

// withPercent sets GOGC until the end of the spec.
func withPercent(percent int) {
	before := debug.SetGCPercent(percent)
	DeferCleanup(func() { debug.SetGCPercent(before) })
}

// withLimit sets GOMEMLIMIT, in bytes, until the end of the spec.
func withLimit(bytes int64) {
	before := debug.SetMemoryLimit(bytes)
	DeferCleanup(func() { debug.SetMemoryLimit(before) })
}

// withProcs sets GOMAXPROCS until the end of the spec.
func withProcs(n int) {
	before := runtime.GOMAXPROCS(n)
	DeferCleanup(func() { runtime.GOMAXPROCS(before) })
}
