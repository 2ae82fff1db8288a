package abi

import (
	"debug/elf"
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/cpu"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// steadyClocks are clocks that nobody sets, by name.
var steadyClocks = []struct {
	name string
	id   int32
}{
	{"CLOCK_MONOTONIC_RAW", unix.CLOCK_MONOTONIC_RAW}, {"CLOCK_MONOTONIC_COARSE", unix.CLOCK_MONOTONIC_COARSE}, {"CLOCK_BOOTTIME", unix.CLOCK_BOOTTIME},
	{"CLOCK_PROCESS_CPUTIME_ID", unix.CLOCK_PROCESS_CPUTIME_ID}, {"CLOCK_THREAD_CPUTIME_ID", unix.CLOCK_THREAD_CPUTIME_ID},
}

// stepsBack returns how often a clock is earlier than before.
func stepsBack(read func() int64) (back int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	last := read()
	for range 5000 {
		now := read()
		if now < last {
			back++
		}
		last = now
	}
	return back
}

func moreClocks() {
	for _, c := range steadyClocks {
		It("named "+c.name+" never steps back", func() {
			Expect(check.Gather("steps back of "+c.name, func() int { return stepsBack(func() int64 { return callClock(c.id) }) })).To(BeZero())
		})
	}
	It("since the start of the machine is not behind the one without sleep", func() {
		between := check.Gather("CLOCK_BOOTTIME less an earlier CLOCK_MONOTONIC", func() int64 {
			before := callClock(unix.CLOCK_MONOTONIC)
			return callClock(unix.CLOCK_BOOTTIME) - before
		})
		Expect(between).To(BeNumerically(">=", 0))
	})
	It("that is coarse is not ahead of the fine one", func() {
		between := check.Gather("CLOCK_MONOTONIC less an earlier CLOCK_MONOTONIC_COARSE", func() int64 {
			before := callClock(unix.CLOCK_MONOTONIC_COARSE)
			return callClock(unix.CLOCK_MONOTONIC) - before
		})
		Expect(between).To(BeNumerically(">=", 0))
	})
}

func counters() {
	It("never steps back", func() {
		Expect(check.Gather("steps back of the counter", func() int { return stepsBack(func() int64 { return int64(readCounter()) }) })).To(BeZero())
	})
	It("never steps back between processors", func() {
		Expect(check.Gather("steps back of the counter between processors", counterBetweenProcessors)).To(BeZero())
	})
	It("runs at one frequency", func() {
		two := check.Gather("two frequencies of the counter, in Hz", func() [2]float64 {
			if !check.Native() {
				check.Skip(record.Say("an emulator counts as its host has time for it", "模拟器的计数取决于宿主机的空闲程度"))
			}
			two := [2]float64{counterFrequency(), counterFrequency()}
			check.ObserveDiffers("frequency of the counter, in MHz", math.Round(two[0]/1e6), record.Say("it is the machine's", "由机器决定"))
			return two
		})
		Expect(two[1] / two[0]).To(And(BeNumerically(">", 0.98), BeNumerically("<", 1.02)))
	})
}

func counterBetweenProcessors() int64 {
	var latest, back atomic.Int64
	many := max(2, runtime.GOMAXPROCS(0))
	together(many, func(int) {
		for range looks(many) {
			seen := latest.Load()
			now := int64(readCounter())
			if now < seen {
				back.Add(1)
			}
			latest.CompareAndSwap(seen, now)
		}
	})
	return back.Load()
}

// counterFrequency measures the counter's frequency by the clock, over 20 ms.
func counterFrequency() float64 {
	// both returns the clock and the counter at nearly one time: a reading that was interrupted is made again.
	both := func() (at int64, count uint64) {
		for least := int64(math.MaxInt64); least > 3000; {
			for range 100 {
				before := callClock(unix.CLOCK_MONOTONIC_RAW)
				c := readCounter()
				if took := callClock(unix.CLOCK_MONOTONIC_RAW) - before; took < least {
					least, at, count = took, before+took/2, c
				}
			}
			if least < 100_000 {
				break
			}
		}
		return at, count
	}
	began, from := both()
	time.Sleep(20 * time.Millisecond)
	ended, to := both()
	return float64(to-from) / (float64(ended-began) / 1e9)
}

func cacheLines() {
	It("is no longer than Go's padding", func() {
		line := check.Gather("bytes of a cache line", func() int {
			check.NeedsKernel(record.Say("its caches are the host's", "缓存信息属于宿主机"))
			n, err := strconv.Atoi(strings.TrimSpace(check.KernelFile("/sys/devices/system/cpu/cpu0/cache/index0/coherency_line_size")))
			check.NoError(err)
			check.ObserveDiffers("bytes of a cache line", n, record.Say("it is the processor's", "由处理器决定"))
			return n
		})
		Expect(line).To(And(BeNumerically(">=", 16), BeNumerically("<=", unsafe.Sizeof(cpu.CacheLinePad{}))))
	})
}

// Keys of the auxiliary vector that tell what was started.
const (
	atHeaderSize  = 4  // AT_PHENT
	atHeaders     = 5  // AT_PHNUM
	atEntry       = 9  // AT_ENTRY
	atUser        = 11 // AT_UID
	atGroup       = 13 // AT_GID
	atSecure      = 23 // AT_SECURE
	programHeader = 56 // bytes of Elf64_Phdr
)

// ownELF returns this program's file.
func ownELF() *elf.File {
	GinkgoHelper()
	f, err := elf.NewFile(check.KernelOpen("/proc/self/exe"))
	check.NoError(err)
	return f
}

func started() {
	It("has program headers of 56 bytes", func() { Expect(value(atHeaderSize)).To(BeEquivalentTo(programHeader)) })
	It("has as many program headers as its file", func() {
		Expect(value(atHeaders)).To(BeEquivalentTo(check.Gather("program headers of the file", func() int { return len(ownELF().Progs) })))
	})
	It("starts where its file says", func() {
		file := check.Gather("entry of the file", func() uint64 { return ownELF().Entry })
		Expect(uint64(value(atEntry))%uint64(os.Getpagesize())).To(Equal(file%uint64(os.Getpagesize())), "%#x", file)
	})
	It("has the user of the process", func() { Expect(value(atUser)).To(BeEquivalentTo(os.Getuid())) })
	It("has the group of the process", func() { Expect(value(atGroup)).To(BeEquivalentTo(os.Getgid())) })
	It("is secure only if user and effective user differ", func() {
		Expect(value(atSecure) != 0).To(Equal(os.Getuid() != os.Geteuid()), fmt.Sprint(os.Getuid(), os.Geteuid()))
	})
}
