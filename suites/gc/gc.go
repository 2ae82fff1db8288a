// Package gc checks that the garbage collector does what Go documents, and measures pauses, CPU time and memory of a fixed
// amount of work for several values of GOGC and GOMEMLIMIT.
package gc

import (
	"runtime"
	"runtime/debug"
	"time"

	"github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/rerun"
)

// Suite is the item gc.
var Suite = check.Suite{Item: "gc", Specs: specs}

func specs() {
	check.Section("setting", settings)
	check.Section("work", func() { works(); limits() })
	check.Section("advice", advices)
	check.Section("object", func() { objects(); references() })
	check.Section("under pressure", func() { pressures(); stackPressures() })
	check.Section("processor", processors)
	check.Section("memory", func() {
		memories()
		groupLimits()
		spirals()
		deaths()
		pages()
		places()
	})
	check.Section("grid", grid, check.Within(time.Minute))
	check.Section("cell", cells, check.Bench(), check.Deep(), check.Within(time.Minute))
	check.Section("operation", operations, check.Bench(), check.Deep())
	rerun.Section(againSpecs)
	check.Section("workload", workloads, check.Bench(), check.Deep(), check.Within(time.Minute))
}

const off = -1 // GOGC=off, for debug.SetGCPercent

// withPercent sets GOGC until the end of the spec.
func withPercent(percent int) {
	before := debug.SetGCPercent(percent)
	ginkgo.DeferCleanup(func() { debug.SetGCPercent(before) })
}

// withLimit sets GOMEMLIMIT, in bytes, until the end of the spec.
func withLimit(bytes int64) {
	before := debug.SetMemoryLimit(bytes)
	ginkgo.DeferCleanup(func() { debug.SetMemoryLimit(before) })
}

// withProcs sets GOMAXPROCS until the end of the spec.
func withProcs(n int) {
	before := runtime.GOMAXPROCS(n)
	ginkgo.DeferCleanup(func() { runtime.GOMAXPROCS(before) })
}
