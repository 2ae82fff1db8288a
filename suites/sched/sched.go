// Package sched checks the scheduler: that goroutines run, are preempted and wake as Go promises, and that threads
// land on the processors and NUMA nodes that the machine says it has.
package sched

import (
	"runtime"
	"time"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
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
func where() (processor, node uint32, err error) {
	_, _, errno := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&processor)), uintptr(unsafe.Pointer(&node)), 0)
	if errno != 0 {
		err = errno
	}
	return processor, node, err
}

// needsGetcpu skips the spec where something forbids to ask for the processor.
func needsGetcpu() {
	GinkgoHelper()
	_, _, err := where()
	check.SkipUnlessKernelAnswered(err)
	check.NoError(err)
}

// turnsTaken skips the spec, with what was seen, where the processors are not the machine's own: they may take turns on few,
// and the time of one that has no turn counts as its threads'. So there what comes late may still come.
func turnsTaken(seen record.Sentence) {
	GinkgoHelper()
	if !check.Native() {
		check.Skip(record.Sayf("%s; emulated processors take turns: it tells nothing of the scheduler",
			"%s；模拟的处理器轮流运行，无法据此判断调度器", seen))
	}
}

// closed reports whether a channel is closed.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// spin keeps the calling thread busy for some of its own processor time. On a busy machine that is longer than d.
func spin(d time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	used := func() time.Duration {
		var ts unix.Timespec
		if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts) != nil {
			return d
		}
		return time.Duration(ts.Nano())
	}
	for end := used() + d; used() < end; {
	}
}
