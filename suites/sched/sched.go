// Package sched checks the scheduler: that goroutines run, are preempted and wake up as Go documents, and that threads run on
// the processors and NUMA nodes that the kernel lists.
package sched

import (
	"runtime"
	"time"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/rerun"
)

// Suite is the item sched.
var Suite = check.Suite{Item: "sched", Specs: specs}

func specs() {
	check.Section("goroutine", func() { goroutines(); manyGoroutines() })
	check.Section("lock", func() { locks(); conditions() })
	check.Section("channel", func() { channels(); sharedChannels() })
	check.Section("timer", timers)
	check.Section("thread", func() { threads(); spreading() })
	check.Section("topology", func() { topology(); ownPlace() })
	check.Section("quota", func() { quotas(); usedUp(); quotaTable() })
	check.Section("mask", func() { masks(); offlineProcessors() })
	check.Section("balance", func() { balances(); disturbed() })
	check.Section("blocked", func() { blocks(); blockedTimers(); blockedThreads() })
	check.Section("speed", speeds)
	check.Section("operation", operations, check.Bench(), check.Deep())
	rerun.Section(func() { againSpecs(); againElsewhere() })
}

// withProcs sets GOMAXPROCS until the end of the spec.
func withProcs(n int) {
	before := runtime.GOMAXPROCS(n)
	DeferCleanup(func() { runtime.GOMAXPROCS(before) })
}

// where returns the processor and the NUMA node that the calling thread runs on.
func where() (processor, node uint32, err error) {
	_, _, errno := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&processor)), uintptr(unsafe.Pointer(&node)), 0)
	if errno != 0 {
		err = errno
	}
	return processor, node, err
}

// needsGetcpu skips the spec if the system call getcpu is forbidden.
func needsGetcpu() {
	GinkgoHelper()
	_, _, err := where()
	check.SkipUnlessKernelAnswered(err)
	check.NoError(err)
}

// turnsTaken skips the spec, with the observed values as the reason, if the processors are not real ones: they may share a few
// real processors, and the kernel counts waiting time as CPU time of their threads. There, an event that is late may still come.
func turnsTaken(seen record.Sentence) {
	GinkgoHelper()
	if !check.Native() {
		check.Skip(record.Sayf("%s; emulated processors share real ones: this says nothing about the scheduler",
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

// spin keeps the calling thread busy until it has used d of CPU time. On a busy machine that takes longer than d.
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
