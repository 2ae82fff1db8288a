// Package sched checks the scheduler: that goroutines run, are preempted and wake as Go promises, and that threads
// land on the processors and NUMA nodes that the machine says it has.
package sched

import (
	"runtime"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Suite is the item sched.
var Suite = check.Suite{Item: "sched", Specs: specs}

func specs() {
	Context("goroutine", goroutines)
	Context("lock", locks)
	Context("channel", channels)
	Context("timer", timers)
	Context("thread", threads)
	Context("topology", topology)
	Context("speed", speeds)
}

// withProcs sets GOMAXPROCS to the end of the spec.
func withProcs(n int) {
	before := runtime.GOMAXPROCS(n)
	DeferCleanup(func() { runtime.GOMAXPROCS(before) })
}

// where is the processor and NUMA node that the calling thread runs on.
func where() (processor, node uint32) {
	_, _, errno := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&processor)), uintptr(unsafe.Pointer(&node)), 0)
	Expect(errno).To(BeZero())
	return processor, node
}

// allowed are the processors that this process may run on.
func allowed() []int {
	GinkgoHelper()
	var mask unix.CPUSet
	Expect(unix.SchedGetaffinity(0, &mask)).To(Succeed())
	var list []int
	for n := range len(mask) * 64 {
		if mask.IsSet(n) {
			list = append(list, n)
		}
	}
	return list
}
