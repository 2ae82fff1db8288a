package abi

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// addFrames adds the broken facts of registers and signal frames.
func addFrames(all check.BrokenFacts) {
	add := func(id, fact string, values ...any) {
		for _, v := range values {
			all[id] = append(all[id], check.Facts{fact: v})
		}
	}
	add("register / general ones hold their values over a signal handler", "general registers lost over a signal", []int{3})
	add("register / general ones hold their values over preemptions and switches", "general registers lost over time", []int{3})
	for _, c := range claimed {
		for _, r := range c.registers {
			add("register / "+c.text, "registers lost: "+c.text, []int{r})
		}
	}
	for _, bits := range []int{64, 128, 256, 512} {
		add(fmt.Sprintf("register / vectors of %d bits hold their values over a signal handler", bits), fmt.Sprintf("vectors of %d bits lost over a signal", bits), []int{0})
		add(fmt.Sprintf("register / vectors of %d bits hold their values over preemptions and switches", bits), fmt.Sprintf("vectors of %d bits lost over time", bits), []int{0})
	}
	add("register / for the control of floating point holds its value over a signal handler that changes it", "floating-point control after a signal", uint64(0))
	add("register / for the control of floating point is Go's on each thread", "floating-point control of threads", []uint64{abiHere().control, ^uint64(0)})
	add("register / all hold their values in a storm of signals", "registers lost in a storm", []string{"general 3"})

	add("signal frame / has number, code, process and user of tgkill in siginfo", "siginfo of tgkill", [4]int32{}, [4]int32{caughtNumber, -1, 1, 1})
	add("signal frame / has the value of a queued signal in siginfo", "value of a queued signal", uint64(0x55667788))
	add("signal frame / has the code and the value of a timer in siginfo", "code and value of a timer's signal", [2]uint64{0, 0x1234}, [2]uint64{^uint64(1), 0})
	add("signal frame / has the program counter within the function that was interrupted", "program counter in the frame, from its function", uint64(0), ^uint64(0))
	add("signal frame / has the general registers where the layout says", "registers that differ in the frame", []int{3})
	add("signal frame / lies on the thread's alternate stack", "handler's stack pointer, from the alternate stack, and its size", [2]uint64{32768, 32768})
	add("signal frame / names the thread's alternate stack", "alternate stack in the frame, less the thread's", [2]uint64{8, 0}, [2]uint64{0, 8})
	add("signal frame / has the thread's signal mask", "signal mask in the frame, and the thread's", [2]uint64{1, 0})
	add("signal frame / is aligned to 16 bytes", "handler's stack pointer", uint64(0x7ffffffffff4))
	add("signal frame / of a nested signal lies on the same alternate stack, below the first one", "nested handler's stack pointer, from the alternate stack, and the first one's", [2]uint64{8000, 8000}, [2]uint64{^uint64(0), 8000})
	add("signal / handlers have an alternate stack on each thread, and no other thread's", "alternate stacks of threads", []stackT{{at: 4096, size: 8192}, {at: 8192, size: 8192}}, []stackT{{flags: stackDisabled}})
	add("signal frame / may lie on another of the same signal with SA_NODEFER", "handlers and depth with SA_NODEFER", [2]uint64{5, 1}, [2]uint64{1, 1})
	add("signal frame / waits while a handler of the same signal runs", "handlers and depth without SA_NODEFER", [2]uint64{5, 5}, [2]uint64{1, 1})
	add("signal frame / comes once with SA_RESETHAND", "handler after SA_RESETHAND", uintptr(4096))
	add("signal frame / comes after a signal is no longer blocked", "real-time signals before and after they are unblocked", [2]uint64{1, 1}, [2]uint64{0, 0})
	add("signal frame / comes for each real-time signal that was sent while blocked", "three real-time signals before and after they are unblocked", [2]uint64{0, 1})
	add("signal frame / comes once for standard signals that were sent while blocked", "three standard signals before and after they are unblocked", [2]uint64{0, 3})
	add("signal frame / interrupts a system call that waits with EINTR", "answer to a wait that a signal interrupts", unix.Errno(0))
}
