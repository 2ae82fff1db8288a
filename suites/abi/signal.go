package abi

import (
	"errors"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// stackT is stack_t, include/uapi/asm-generic/signal.h; the same on amd64, arm64 and loong64.
type stackT struct {
	at    uintptr
	flags int32
	_     int32
	size  uintptr
}

const stackDisabled = 2 // SS_DISABLE

func signals() {
	It("numbers are the generic ones", func() {
		here := []syscall.Signal{unix.SIGILL, unix.SIGBUS, unix.SIGUSR1, unix.SIGSEGV, unix.SIGCHLD, unix.SIGURG, unix.SIGSYS}
		Expect(check.Fact("numbers of seven signals", here)).
			To(Equal([]syscall.Signal{4, 7, 10, 11, 17, 23, 31}))
	})
	It("numbers end at 64", func() { // at 127 or 128 in LoongArch's old world
		n, world := numbersHere(), worldHere()
		ask := func(number uintptr) syscall.Errno {
			var old [64]byte
			_, _, errno := unix.RawSyscall6(n.kernelSigaction, number, 0, uintptr(unsafe.Pointer(&old[0])), world.set, 0, 0)
			return errno
		}
		observeWorld("signals", world.signals)
		check.SkipUnlessKernelAnswered(ask(64))
		Expect(check.Fact("answer to the highest signal", ask(world.signals))).To(BeZero())
		Expect(check.Fact("answer to a signal that no kernel has", ask(world.none))).To(Equal(unix.EINVAL), "ABI world %q", world.name)
	})
	It("sent to the process reaches os/signal", func() {
		came := make(chan os.Signal, 1)
		signal.Notify(came, unix.SIGUSR2) // SIGUSR1 is Ginkgo's
		DeferCleanup(signal.Stop, came)
		sent(unix.Kill(os.Getpid(), unix.SIGUSR2))
		check.Eventually(func() os.Signal { return check.Fact("signal to the process", received(came)) }).Should(Equal(unix.SIGUSR2))
	})
	It("sent to a thread reaches os/signal", func() {
		came := make(chan os.Signal, 1)
		signal.Notify(came, unix.SIGUSR2)
		DeferCleanup(signal.Stop, came)
		sent(unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGUSR2))
		check.Eventually(func() os.Signal { return check.Fact("signal to a thread", received(came)) }).Should(Equal(unix.SIGUSR2))
	})
	It("handlers have an alternate stack as large as the kernel asks for", func() {
		n := numbersHere()
		runtime.LockOSThread()
		DeferCleanup(runtime.UnlockOSThread)
		var old stackT
		_, _, errno := unix.RawSyscall(n.sigaltstack, 0, uintptr(unsafe.Pointer(&old)), 0)
		Expect(errno).To(BeZero())
		old = check.Fact("alternate stack of a thread", old)
		Expect(old.flags & stackDisabled).To(BeZero())
		least, found := auxv(atMinSigStack)
		if !found {
			least = 2048 // MINSIGSTKSZ before kernels told
		}
		check.ObserveDiffers("AT_MINSIGSTKSZ", least, record.Say("the frame holds the CPU's vector registers", "信号帧需容纳 CPU 的向量寄存器"))
		Expect(uint64(old.size)).To(BeNumerically(">", uint64(least)))
	})
	It("handlers have an alternate stack on each thread, and no other thread's", func() {
		stacks := check.Gather("alternate stacks of threads", stacksOfThreads)
		for i, s := range stacks {
			Expect(s.flags & stackDisabled).To(BeZero())
			for _, other := range stacks[:i] {
				Expect(s.at >= other.at+other.size || other.at >= s.at+s.size).To(BeTrue(), "%v and %v", s, other)
			}
		}
	})
	It("of a nil dereference becomes a panic", func() {
		var nothing *[4]int
		panicked := check.Fact("panic of a nil dereference", panicOf(func() { nothing[1]++ }))
		Expect(panicked).To(Satisfy(func(err error) bool { return errors.As(err, new(runtime.Error)) }))
	})
	It("of an integer division by zero becomes a panic", func() {
		divisor := len(os.Getenv("XCMATRIX_NO_SUCH_VARIABLE"))
		panicked := check.Fact("panic of an integer division by zero", panicOf(func() { _ = 1 / divisor }))
		Expect(panicked).To(MatchError(ContainSubstring("divide by zero")))
	})
	It("of a fault names the address", func() {
		page := mapped(os.Getpagesize(), unix.PROT_NONE)
		at := faultAt(func() { runtime.KeepAlive(page[123]) })
		Expect(check.Fact("address of a fault, from its page", at-address(page))).To(BeEquivalentTo(123))
	})
	It("of a broken pipe can be EPIPE instead", func() {
		r, w, err := os.Pipe()
		check.NoError(err)
		check.NoError(r.Close())
		DeferCleanup(w.Close)
		_, err = w.Write([]byte("x"))
		Expect(check.Fact("answer of a broken pipe", err)).To(MatchError(unix.EPIPE))
	})
	It("interrupts a loop without calls, so that the world can stop", func() {
		var stop atomic.Bool
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for !stop.Load() {
			}
		}()
		stopped := check.Gather("the world stopped beside a loop without calls", func() bool {
			defer stop.Store(true)
			check.NeedsPreemption()
			runtime.GC()
			return true
		})
		stop.Store(true)
		Expect(stopped).To(BeTrue())
		check.Eventually(func() bool {
			select {
			case <-ended:
				return true
			default:
				return false
			}
		}).Should(BeTrue())
	})
}

// stacksOfThreads returns the alternate stacks of four threads, which are there at the same time.
func stacksOfThreads() []stackT {
	all := make([]stackT, 4)
	n := numbersHere()
	var have sync.WaitGroup
	have.Add(len(all))
	together(len(all), func(i int) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		unix.RawSyscall(n.sigaltstack, 0, uintptr(unsafe.Pointer(&all[i])), 0)
		have.Done()
		have.Wait()
	})
	return all
}

// received returns the signal that has come by now; nil for none.
func received(came <-chan os.Signal) os.Signal {
	select {
	case s := <-came:
		return s
	default:
		return nil
	}
}

// panicOf returns the error that body panics with; nil if it does not.
func panicOf(body func()) (err error) {
	defer func() { err, _ = recover().(error) }()
	body()
	return nil
}

// sent checks the answer to a signal that this process sends to itself.
func sent(err error) {
	GinkgoHelper()
	check.SkipUnlessKernelAnswered(err)
	check.NoError(err)
}

// faultAt runs body and returns the address of its memory fault.
func faultAt(body func()) (at uintptr) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if fault, is := recover().(interface{ Addr() uintptr }); is {
			at = fault.Addr()
		}
	}()
	body()
	return 0
}
