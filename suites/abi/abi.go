// Package abi checks what a binary relies on: page size, byte order, system calls and the layouts of the structures that they
// fill, atomics, clocks, CPU features, signals, and arithmetic in corner cases.
package abi

import (
	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/rerun"
)

// Suite is the item abi.
var Suite = check.Suite{Item: "abi", Specs: specs}

func specs() {
	Context("page", pages)
	Context("byte order", byteOrder)
	Context("system call", calls)
	Context("system call number", numbers)
	Context("kernel", kernels)
	Context("layout", layouts)
	Context("filled by the kernel", filled)
	Context("atomic", atomics)
	Context("litmus", litmuses)
	Context("speed", speeds)
	Context("clock", clocks)
	Context("feature", features)
	Context("signal", signals)
	Context("signal frame", signalFrames)
	Context("register", registers)
	Context("preemption", preempted)
	Context("storm", storms)
	Context("float", floats)
	Context("math", maths)
	Context("number", numberSpecs)
	Context("memory", memories)
	Context("memory routine", routineSpecs)
	Context("division", divisions)
	Context("stack", stacks)
	Context("stack map", stackMaps)
	Context("thread", threads)
	Context("start", starts)
	Context("restartable sequence", restartable)
	Context("counter", counters)
	Context("cache line", cacheLines)
	Context("started program", started)
	rerun.Section(againSpecs)
}
