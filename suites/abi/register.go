package abi

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"time"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// caughtNumber is a real-time signal that nothing else in this process uses.
const caughtNumber = 50

// bitsOf are patterns with which registers are filled: each differs from all others in each byte.
func bitsOf(n int) []uint64 {
	all := make([]uint64, n)
	for i := range all {
		all[i] = 0x0101010101010101*uint64(i+1) ^ 0xa5c3<<uint(i%48)
	}
	return all
}

// sendSelf is the action that sends a signal to this thread: it is there when the system call returns.
func sendSelf(signal uintptr) *action {
	return &action{number: unix.SYS_TGKILL, first: uintptr(os.Getpid()), second: uintptr(unix.Gettid()), third: signal}
}

// handling runs body on one thread, with catch as the handler of a signal, and returns what it received.
func handling(signal int, flags uintptr, nest int, body func()) caughtSignal {
	GinkgoHelper()
	check.NeedsKernel(record.Say("it makes the signal frames", "信号帧由它生成"))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const onStack = 0x08000000 // SA_ONSTACK: a goroutine's stack may be too small
	n, set := numbersHere(), worldHere().set
	action, old := frameAction(catchAddress(), flags|onStack|4 /* SA_SIGINFO */), [5]uintptr{}
	_, _, errno := unix.RawSyscall6(n.kernelSigaction, uintptr(signal), uintptr(unsafe.Pointer(&action)), uintptr(unsafe.Pointer(&old)), set, 0, 0)
	if errno != 0 {
		check.NoError(errno)
	}
	caught = caughtSignal{nest: uint64(nest), number: unix.SYS_TGKILL, first: uint64(os.Getpid()), second: uint64(unix.Gettid()), third: uint64(signal),
		control: abiHere().control, wide: widest()}
	if at := abiHere().mask; at >= len(caught.context) {
		caught.farAt = uint64(at)
	}
	body()
	unix.RawSyscall6(n.kernelSigaction, uintptr(signal), uintptr(unsafe.Pointer(&old)), 0, set, 0, 0)
	return caught
}

// widest returns the bits of the processor's widest vector registers.
func widest() (bits uint64) {
	for _, v := range abiHere().vectors {
		if v.here {
			bits = max(bits, uint64(v.bits))
		}
	}
	return bits
}

// generalOverSignal returns which general registers did not hold their value over a signal handler that destroys others.
func generalOverSignal() (lost []int) {
	GinkgoHelper()
	in, out := bitsOf(32), make([]uint64, 32)
	for range 50 {
		seen := handling(caughtNumber, 0, 0, func() { holdGeneral(&in[0], &out[0], sendSelf(caughtNumber)) })
		Expect(seen.count).To(BeEquivalentTo(1), "signals")
		lost = appendLost(lost, in, out, abiHere().overCalls)
	}
	return lost
}

func appendLost(lost []int, in, out []uint64, which []int) []int {
	for _, i := range which {
		if in[i] != out[i] && !slices.Contains(lost, i) {
			lost = append(lost, i)
		}
	}
	return lost
}

// vectorsOverSignal returns which vector registers did not hold their value over a signal handler that destroys them.
func (v vectors) overSignal() (lost []int) {
	GinkgoHelper()
	words := v.registers * v.bits / 64
	in, out := bitsOf(words), make([]uint64, words)
	for range 50 {
		seen := handling(caughtNumber, 0, 0, func() { v.hold(&in[0], &out[0], sendSelf(caughtNumber)) })
		Expect(seen.count).To(BeEquivalentTo(1), "signals")
		lost = v.appendLost(lost, in, out)
	}
	return lost
}

func (v vectors) appendLost(lost []int, in, out []uint64) []int {
	for i := range in {
		if r := i * 64 / v.bits; in[i] != out[i] && !slices.Contains(lost, r) {
			lost = append(lost, r)
		}
	}
	return lost
}

// overTime returns what hold has lost while signals come and others want the processor, and how many signals were sent.
func overTime(tries int, hold func(act *action) []int) (lost []int) {
	GinkgoHelper()
	check.NeedsKernel(record.Say("it switches between threads", "线程切换由它完成"))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	process, thread := os.Getpid(), unix.Gettid()
	var done atomic.Bool
	ended := make(chan int)
	go func() {
		sent := 0
		for ; !done.Load(); sent++ {
			_ = unix.Tgkill(process, thread, unix.SIGURG) // the runtime takes it for a late preemption
			time.Sleep(20 * time.Microsecond)
		}
		ended <- sent
	}()
	for range tries {
		for _, r := range hold(&action{rounds: 100_000}) {
			if !slices.Contains(lost, r) {
				lost = append(lost, r)
			}
		}
	}
	done.Store(true)
	check.ObserveDiffers("signals to the thread", <-ended, record.Say("it depends on how long the tries take", "取决于耗时"))
	return lost
}

// generalOverTime returns which general registers were lost over signals and switches of threads.
func generalOverTime(tries int) []int {
	GinkgoHelper()
	in, out := bitsOf(32), make([]uint64, 32)
	return overTime(tries, func(act *action) []int {
		holdGeneral(&in[0], &out[0], act)
		return appendLost(nil, in, out, abiHere().overTime)
	})
}

func (v vectors) overTime(tries int) []int {
	GinkgoHelper()
	words := v.registers * v.bits / 64
	in, out := bitsOf(words), make([]uint64, words)
	return overTime(tries, func(act *action) []int {
		v.hold(&in[0], &out[0], act)
		return v.appendLost(nil, in, out)
	})
}

func (v vectors) needed() {
	GinkgoHelper()
	if v.hold == nil {
		check.Skip(record.Sayf("%s has no vector registers of %d bits that Go's assembler knows", "%s 没有 Go 汇编器支持的 %d 位向量寄存器", runtime.GOARCH, v.bits))
	}
	if !v.here {
		check.Skip(record.Sayf("this processor has no vector registers of %d bits", "该处理器没有 %d 位向量寄存器", v.bits))
	}
}

// vectorsOf returns the vector registers of a width; without hold if the architecture has none.
func vectorsOf(bits int) vectors {
	for _, v := range abiHere().vectors {
		if v.bits == bits {
			return v
		}
	}
	return vectors{bits: bits}
}

// claimed are the registers that seed 001 says some kernels or chips destroy, by architecture.
var claimed = []struct {
	architecture, text string
	registers          []int
}{
	{"amd64", "R15 holds its value over signals, preemptions and switches", []int{15}},
	{"arm64", "R20 and R21 hold their values over signals, preemptions and switches", []int{20, 21}},
}

const shortStorm, longStorm = 50, 100_000

func registers() {
	It("general ones hold their values over a signal handler", func() {
		Expect(check.Gather("general registers lost over a signal", generalOverSignal)).To(BeEmpty())
	})
	It("general ones hold their values over preemptions and switches", func() {
		Expect(check.Gather("general registers lost over time", func() []int { return generalOverTime(shortStorm) })).To(BeEmpty())
	})
	for _, c := range claimed {
		It(c.text, func() {
			lost := check.Gather("registers lost: "+c.text, func() []int {
				if runtime.GOARCH != c.architecture {
					check.Skip(record.Sayf("these are registers of %s", "这些是 %s 的寄存器", c.architecture))
				}
				return append(generalOverSignal(), generalOverTime(shortStorm)...)
			})
			for _, r := range c.registers {
				Expect(lost).NotTo(ContainElement(r))
			}
		})
	}
	for _, bits := range []int{64, 128, 256, 512} {
		vectorRegisters(bits)
	}
	It("for the control of floating point holds its value over a signal handler that changes it", func() {
		Expect(check.Gather("floating-point control after a signal", controlOverSignal)).To(Equal(abiHere().towardZero))
	})
	It("for the control of floating point is Go's on each thread", func() {
		for _, v := range check.Gather("floating-point control of threads", controlOfThreads) {
			Expect(v&abiHere().controlMask).To(Equal(abiHere().control&abiHere().controlMask), "%#x", v)
		}
	})
	It("all hold their values in a storm of signals", check.Deep(), check.Within(5*time.Minute), func() {
		lost := check.Gather("registers lost in a storm", func() (lost []string) {
			for _, r := range generalOverTime(longStorm / 10) {
				lost = append(lost, fmt.Sprint("general ", r))
			}
			for _, v := range abiHere().vectors {
				if v.here {
					for _, r := range v.overTime(longStorm / 10) {
						lost = append(lost, fmt.Sprint(v.bits, " bits ", r))
					}
				}
			}
			return lost
		})
		Expect(lost).To(BeEmpty())
	})
}

func vectorRegisters(bits int) {
	It(fmt.Sprintf("vectors of %d bits hold their values over a signal handler", bits), func() {
		Expect(check.Gather(fmt.Sprintf("vectors of %d bits lost over a signal", bits), func() []int {
			v := vectorsOf(bits)
			v.needed()
			return v.overSignal()
		})).To(BeEmpty())
	})
	It(fmt.Sprintf("vectors of %d bits hold their values over preemptions and switches", bits), func() {
		Expect(check.Gather(fmt.Sprintf("vectors of %d bits lost over time", bits), func() []int {
			v := vectorsOf(bits)
			v.needed()
			return v.overTime(shortStorm)
		})).To(BeEmpty())
	})
}

// controlOverSignal sets rounding toward zero, takes a signal whose handler sets it to the nearest, and returns what is set then.
func controlOverSignal() uint64 {
	GinkgoHelper()
	in, out := abiHere().towardZero, uint64(0)
	handling(caughtNumber, 0, 0, func() { holdControl(&in, &out, sendSelf(caughtNumber)) })
	return out &^ 0x1f0000 // LoongArch shows what has happened there
}

// controlOfThreads returns the floating-point control register of four threads.
func controlOfThreads() []uint64 {
	all := make([]uint64, 4)
	together(len(all), func(i int) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		all[i] = readControl()
	})
	return all
}
