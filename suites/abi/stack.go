package abi

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/ownthread"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// inNewStack runs body in a goroutine, whose stack is small at first, and returns its result.
func inNewStack[T any](body func() T) T {
	result := make(chan T)
	go func() { result <- body() }()
	return <-result
}

// deep is how deep functions call themselves: 100,000 frames are tens of megabytes.
func deep() int { return check.IfNative(100_000, 5000) }

// through adds up over pointers into the frames of all its callers: each growth of the stack has to move them.
//
//go:noinline
func through(depth int, above *int) int {
	mine := *above + 1
	if depth == 0 {
		return mine
	}
	sum := through(depth-1, &mine)
	if mine != *above+1 {
		return -1
	}
	return sum
}

// wideFrames has frames of 4 KiB, and returns how many changed while deeper ones came and went.
//
//go:noinline
func wideFrames(depth int) (changed int) {
	var frame [512]uint64
	for i := range frame {
		frame[i] = uint64(depth*1000 + i)
	}
	if depth > 0 {
		changed = wideFrames(depth - 1)
	}
	for i := range frame {
		if frame[i] != uint64(depth*1000+i) {
			return changed + 1
		}
	}
	return changed
}

// inFloats passes sixteen floats down and back in registers.
//
//go:noinline
func inFloats(depth int, a, b, c, d, e, f, g, h float64) (float64, float64, float64, float64, float64, float64, float64, float64) {
	if depth == 0 {
		return a, b, c, d, e, f, g, h
	}
	return inFloats(depth-1, h, a, b, c, d, e, f, g)
}

// byDefer panics at the deepest call, and counts the deferred functions that run.
func byDefer(depth int, ran *int) {
	defer func() { *ran++ }()
	if depth == 0 {
		panic("deepest")
	}
	byDefer(depth-1, ran)
}

func stacks() {
	It("keeps pointers into it over its growth", func() {
		n := deep()
		Expect(check.Gather("depth that pointers into the stack counted, less its own", func() int {
			return inNewStack(func() int { zero := 0; return through(n, &zero) }) - n - 1
		})).To(BeZero())
	})
	It("keeps wide frames over its growth", func() {
		Expect(check.Gather("wide frames that changed", func() int {
			return inNewStack(func() int { return wideFrames(check.IfNative(2000, 300)) })
		})).To(BeZero())
	})
	It("keeps floats in registers over its growth", func() {
		got := check.Gather("floats after calls of calls", func() [8]float64 {
			return inNewStack(func() (r [8]float64) {
				r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7] = inFloats(8*500, 1, 2, 3, 4, 5, 6, 7, 8)
				return r
			})
		})
		Expect(got).To(Equal([8]float64{1, 2, 3, 4, 5, 6, 7, 8}))
	})
	It("runs each deferred function when a deep call panics", func() {
		Expect(check.Gather("deferred functions that did not run", func() int {
			return 10_001 - inNewStack(func() (ran int) {
				defer func() { _ = recover() }()
				byDefer(10_000, &ran)
				return ran
			})
		})).To(BeZero())
	})
	It("shrinks in a garbage collection, and keeps what is on it", func() {
		Expect(check.Gather("values that changed while the stack shrank", shrunken)).To(BeZero())
	})
	It("grows in many goroutines at the same time", func() {
		Expect(check.Gather("goroutines whose growing stack changed a value", func() int {
			var wrong atomic.Int64
			together(50, func(int) {
				zero := 0
				if through(2000, &zero) != 2001 {
					wrong.Add(1)
				}
			})
			return int(wrong.Load())
		})).To(BeZero())
	})
}

// shrunken grows a stack, lets garbage collections shrink it, and returns how many values on it changed.
func shrunken() int {
	return inNewStack(func() (changed int) {
		var here [64]int
		for i := range here {
			here[i] = i
		}
		pointer := &here[17]
		for range 3 {
			wideFrames(500)
			runtime.GC()
			runtime.GC()
			if *pointer != 17 {
				changed++
			}
		}
		for i := range here {
			if here[i] != i {
				changed++
			}
		}
		return changed
	})
}

func threads() {
	It("stays the same for a locked goroutine", func() {
		Expect(check.Gather("threads of a locked goroutine", func() int {
			return inNewStack(func() int {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				seen := map[int]bool{}
				for range 1000 {
					seen[unix.Gettid()] = true
					runtime.Gosched()
				}
				return len(seen)
			})
		})).To(Equal(1))
	})
	It("differs for two locked goroutines", func() {
		Expect(check.Gather("threads of two locked goroutines", func() [2]int {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			other := inNewStack(func() int {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				return unix.Gettid()
			})
			return [2]int{unix.Gettid(), other}
		})).To(Satisfy(func(ids [2]int) bool { return ids[0] != ids[1] }))
	})
	It("ends with a goroutine that ends locked", func() {
		check.Eventually(check.Gather("a look at the thread of a goroutine that ended locked", lockedThread)).Should(BeFalse())
	})
	It("may start processes while others collect garbage", func() {
		Expect(check.Gather("answers to starts of what does not exist", startsUnderLoad)).To(Equal(map[string]int{"no such file or directory": 30}))
	})
}

// lockedThread ends a goroutine that is locked to its thread, and returns whether the thread is still there.
func lockedThread() func() bool {
	GinkgoHelper()
	check.NeedsKernel(record.Say("its threads are the host's", "线程属于宿主机"))
	check.KernelDir("/proc/self/task")
	thread := endLocked()
	return func() bool {
		_, err := os.Stat("/proc/self/task/" + strconv.Itoa(thread))
		return err == nil
	}
}

// endLocked ends a goroutine that is locked to its thread, and returns that thread's id.
func endLocked() (thread int) {
	_ = ownthread.Call(func() error { thread = unix.Gettid(); return nil })
	return thread
}

// startsUnderLoad starts a program that does not exist, again and again, and returns how often each answer came: each start makes
// a process, whose exec fails.
func startsUnderLoad() map[string]int {
	GinkgoHelper()
	check.NeedsKernel(record.Say("starting processes hangs under some releases", "部分版本在其中启动进程会挂起"))
	var done atomic.Bool
	collected := make(chan bool)
	go func() {
		for !done.Load() {
			runtime.GC()
		}
		close(collected)
	}()
	answers := map[string]int{}
	path := check.TempDir() + "/none"
	for range 30 {
		_, err := os.StartProcess(path, []string{path}, &os.ProcAttr{})
		if cause := errors.Unwrap(err); cause != nil {
			check.SkipUnlessKernelAnswered(cause)
			answers[cause.Error()]++
		} else {
			answers["started"]++
		}
	}
	done.Store(true)
	<-collected
	return answers
}
