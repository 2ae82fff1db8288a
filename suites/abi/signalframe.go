package abi

import (
	"encoding/binary"
	"os"
	"runtime"
	"time"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

const noDefer = 0x40000000 // SA_NODEFER

// frame is what a handler received for a signal that its own thread sent while general registers held values.
type frame struct {
	signal caughtSignal
	in     []uint64
	stack  stackT    // the thread's alternate stack
	mask   [2]uint64 // and the signals that it blocks: 128 in LoongArch's old world
}

// oneFrame takes one signal, whose handler sends as many more as nest says.
func oneFrame(nest int) (f frame) {
	GinkgoHelper()
	f.in = bitsOf(32)
	out := make([]uint64, 32)
	f.signal = handling(caughtNumber, noDefer, nest, func() {
		holdGeneral(&f.in[0], &out[0], sendSelf(caughtNumber))
		n := numbersHere()
		unix.RawSyscall(n.sigaltstack, 0, uintptr(unsafe.Pointer(&f.stack)), 0)
		unix.RawSyscall6(n.sigprocmask, 0, 0, uintptr(unsafe.Pointer(&f.mask)), worldHere().set, 0, 0)
	})
	Expect(f.signal.count).To(BeEquivalentTo(1+nest), "signals")
	return f
}

// word returns a word of ucontext_t.
func (c *caughtSignal) word(at int) uint64 {
	if c.farAt != 0 && uint64(at) == c.farAt {
		return c.far
	}
	return binary.LittleEndian.Uint64(c.context[at:])
}

// infoOf returns number, code, and the two words behind them of siginfo_t: the sender's process and user, or what the code says.
func infoOf(c caughtSignal) [4]int32 {
	at := func(i int) int32 { return int32(binary.LittleEndian.Uint32(c.info[i:])) }
	return [4]int32{at(0), at(8), at(16), at(20)}
}

func signalFrames() {
	It("has number, code, process and user of tgkill in siginfo", func() {
		Expect(check.Gather("siginfo of tgkill", func() [4]int32 { return infoOf(oneFrame(0).signal) })).
			To(Equal([4]int32{caughtNumber, -6 /* SI_TKILL */, int32(os.Getpid()), int32(os.Getuid())}))
	})
	It("has the value of a queued signal in siginfo", func() {
		Expect(check.Gather("value of a queued signal", queuedValue)).To(Equal(uint64(0x1122334455667788)))
	})
	It("has the code and the value of a timer in siginfo", func() {
		Expect(check.Gather("code and value of a timer's signal", func() [2]uint64 { return timerSignal(caughtNumber) })).
			To(Equal([2]uint64{^uint64(1) /* SI_TIMER */, 0x1234}))
	})
	It("has the program counter within the function that was interrupted", func() {
		Expect(check.Gather("program counter in the frame, from its function", func() uint64 {
			f := oneFrame(0)
			return f.signal.word(abiHere().pc) - uint64(holdAddress())
		})).To(And(BeNumerically(">", 0), BeNumerically("<", 2048)))
	})
	It("has the general registers where the layout says", func() {
		Expect(check.Gather("registers that differ in the frame", func() (wrong []int) {
			f := oneFrame(0)
			for _, r := range abiHere().overCalls {
				if f.signal.word(abiHere().register(r)) != f.in[r] {
					wrong = append(wrong, r)
				}
			}
			return wrong
		})).To(BeEmpty())
	})
	It("lies on the thread's alternate stack", func() {
		Expect(check.Gather("handler's stack pointer, from the alternate stack, and its size", func() [2]uint64 {
			f := oneFrame(0)
			return [2]uint64{f.signal.stack - uint64(f.stack.at), uint64(f.stack.size)}
		})).To(Satisfy(func(at [2]uint64) bool { return at[0] < at[1] }))
	})
	It("names the thread's alternate stack", func() {
		Expect(check.Gather("alternate stack in the frame, less the thread's", func() [2]uint64 {
			f := oneFrame(0)
			return [2]uint64{f.signal.word(16) - uint64(f.stack.at), f.signal.word(32) - uint64(f.stack.size)}
		})).To(BeZero())
	})
	It("has the thread's signal mask", func() {
		Expect(check.Gather("signal mask in the frame, and the thread's", func() [2]uint64 {
			f := oneFrame(0)
			return [2]uint64{f.signal.word(abiHere().mask), f.mask[0]}
		})).To(Satisfy(func(m [2]uint64) bool { return m[0] == m[1] }))
	})
	It("is aligned to 16 bytes", func() {
		at := check.Gather("handler's stack pointer", func() uint64 { return oneFrame(0).signal.stack })
		Expect((at + abiHere().pushed) % 16).To(BeZero())
	})
	It("of a nested signal lies on the same alternate stack, below the first one", func() {
		at := check.Gather("nested handler's stack pointer, from the alternate stack, and the first one's", func() [2]uint64 {
			first, last := oneFrame(0), oneFrame(3)
			return [2]uint64{last.signal.stack - uint64(last.stack.at), first.signal.stack - uint64(first.stack.at)}
		})
		Expect(at[0]).To(BeNumerically("<", at[1]))
	})
	signalOrders()
}

// signalOrders are the specs of several signals.
func signalOrders() {
	type runs struct{ Count, Deepest uint64 }
	nested := func(flags uintptr) runs {
		GinkgoHelper()
		in, out := bitsOf(32), make([]uint64, 32)
		c := handling(caughtNumber, flags, 4, func() { holdGeneral(&in[0], &out[0], sendSelf(caughtNumber)) })
		return runs{c.count, c.deepest}
	}
	It("may lie on another of the same signal with SA_NODEFER", func() {
		count := check.Gather("handlers and depth with SA_NODEFER", func() [2]uint64 { r := nested(noDefer); return [2]uint64{r.Count, r.Deepest} })
		Expect(count).To(Equal([2]uint64{5, 5}))
	})
	It("waits while a handler of the same signal runs", func() {
		count := check.Gather("handlers and depth without SA_NODEFER", func() [2]uint64 { r := nested(0); return [2]uint64{r.Count, r.Deepest} })
		Expect(count).To(Equal([2]uint64{5, 1}))
	})
	It("comes once with SA_RESETHAND", func() {
		Expect(check.Gather("handler after SA_RESETHAND", handlerAfterReset)).To(BeEquivalentTo(0), "SIG_DFL")
	})
	It("comes after a signal is no longer blocked", func() {
		Expect(check.Gather("real-time signals before and after they are unblocked", func() [2]uint64 { return whileBlocked(caughtNumber, 1) })).
			To(Equal([2]uint64{0, 1}))
	})
	It("comes for each real-time signal that was sent while blocked", func() {
		Expect(check.Gather("three real-time signals before and after they are unblocked", func() [2]uint64 { return whileBlocked(caughtNumber, 3) })).
			To(Equal([2]uint64{0, 3}))
	})
	It("comes once for standard signals that were sent while blocked", func() {
		Expect(check.Gather("three standard signals before and after they are unblocked", func() [2]uint64 { return whileBlocked(int(unix.SIGUSR2), 3) })).
			To(Equal([2]uint64{0, 1}))
	})
	It("interrupts a system call that waits with EINTR", func() {
		Expect(check.Gather("answer to a wait that a signal interrupts", interruptedWait)).To(Equal(unix.EINTR))
	})
}

// queuedValue returns the value that a signal sent by rt_tgsigqueueinfo carries.
func queuedValue() uint64 {
	GinkgoHelper()
	var info [16]uint64
	binary.LittleEndian.PutUint32((*[128]byte)(unsafe.Pointer(&info))[0:], caughtNumber)
	binary.LittleEndian.PutUint32((*[128]byte)(unsafe.Pointer(&info))[8:], ^uint32(0)) // SI_QUEUE
	info[3] = 0x1122334455667788
	c := handling(caughtNumber, 0, 0, func() {
		_, _, errno := unix.RawSyscall6(unix.SYS_RT_TGSIGQUEUEINFO, uintptr(os.Getpid()), uintptr(unix.Gettid()), caughtNumber, uintptr(unsafe.Pointer(&info)), 0, 0)
		check.SkipUnlessKernelAnswered(errno)
	})
	Expect(c.count).To(BeEquivalentTo(1), "signals")
	return binary.LittleEndian.Uint64(c.info[24:])
}

// startTimer starts a timer that sends a signal to this thread after a millisecond and then each millisecond.
func startTimer(signal int) (stop func()) {
	GinkgoHelper()
	var event [16]uint32
	event[0], event[2], event[3], event[4] = 0x1234, uint32(signal), 4 /* SIGEV_THREAD_ID */, uint32(unix.Gettid())
	var timer int32
	_, _, errno := unix.RawSyscall(unix.SYS_TIMER_CREATE, unix.CLOCK_MONOTONIC, uintptr(unsafe.Pointer(&event)), uintptr(unsafe.Pointer(&timer)))
	if errno != 0 {
		check.SkipUnlessKernelAnswered(errno)
		check.NoError(errno)
	}
	each := [4]int64{0, int64(time.Millisecond), 0, int64(time.Millisecond)}
	unix.RawSyscall6(unix.SYS_TIMER_SETTIME, uintptr(timer), 0, uintptr(unsafe.Pointer(&each)), 0, 0, 0)
	return func() { unix.RawSyscall(unix.SYS_TIMER_DELETE, uintptr(timer), 0, 0) }
}

// timerSignal returns the code and the value of a timer's signal.
func timerSignal(signal int) [2]uint64 {
	GinkgoHelper()
	in, out := bitsOf(32), make([]uint64, 32)
	c := handling(signal, 0, 0, func() {
		stop := startTimer(signal)
		for end := time.Now().Add(check.EventuallyTimeout()); caught.count == 0 && time.Now().Before(end); {
			holdGeneral(&in[0], &out[0], &action{rounds: 100_000})
		}
		stop()
	})
	return [2]uint64{uint64(int64(infoOf(c)[1])), binary.LittleEndian.Uint64(c.info[24:])}
}

// interruptedWait waits for longer than a timer needs to send a signal, and returns the answer.
func interruptedWait() (answer unix.Errno) {
	GinkgoHelper()
	handling(caughtNumber, 0, 0, func() {
		stop := startTimer(caughtNumber)
		defer stop()
		wait := unix.NsecToTimespec(int64(check.EventuallyTimeout()))
		_, _, answer = unix.Syscall6(unix.SYS_PPOLL, 0, 0, uintptr(unsafe.Pointer(&wait)), 0, 0, 0)
	})
	return answer
}

// handlerAfterReset returns the handler that is left after a signal with SA_RESETHAND.
func handlerAfterReset() (handler uintptr) {
	GinkgoHelper()
	in, out := bitsOf(32), make([]uint64, 32)
	handling(caughtNumber, 0x80000000, 0, func() {
		holdGeneral(&in[0], &out[0], sendSelf(caughtNumber))
		var now [5]uintptr
		unix.RawSyscall6(numbersHere().kernelSigaction, caughtNumber, 0, uintptr(unsafe.Pointer(&now)), worldHere().set, 0, 0)
		handler = now[0]
	})
	return handler
}

// whileBlocked sends a signal to this thread some times while it is blocked, and returns how often the handler ran before it was
// unblocked, and in all.
func whileBlocked(signal, times int) (ran [2]uint64) {
	GinkgoHelper()
	n, set := numbersHere(), worldHere().set
	bit := [2]uint64{1 << (signal - 1)}
	handling(signal, 0, 0, func() {
		mask := func(how uintptr) {
			unix.RawSyscall6(n.sigprocmask, how, uintptr(unsafe.Pointer(&bit)), 0, set, 0, 0)
		}
		mask(unix.SIG_BLOCK)
		for range times {
			unix.RawSyscall(unix.SYS_TGKILL, uintptr(os.Getpid()), uintptr(unix.Gettid()), uintptr(signal))
		}
		ran[0] = caught.count
		mask(unix.SIG_UNBLOCK)
		ran[1] = caught.count
	})
	runtime.KeepAlive(&bit)
	return ran
}
