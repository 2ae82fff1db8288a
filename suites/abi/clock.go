package abi

import (
	"bytes"
	"debug/elf"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// clockSymbol is the name of clock_gettime in the vDSO, by architecture: vdso(7).
var clockSymbol = map[string]string{
	"amd64":   "__vdso_clock_gettime",
	"arm64":   "__kernel_clock_gettime",
	"loong64": "__vdso_clock_gettime",
}

func clocks() {
	moreClocks()
	It("is in the vDSO, under the architecture's name", func() {
		names := check.Gather("symbols of the vDSO", vdsoSymbols)
		if want, known := clockSymbol[runtime.GOARCH]; known {
			Expect(names).To(ContainElement(want))
		}
	})
	It("never steps back, by system call", func() {
		var last int64
		for range 20000 {
			now := check.Fact("clock by system call", callClock(unix.CLOCK_MONOTONIC))
			if now < last {
				Fail(fmt.Sprintf("%d ns after %d ns", now, last))
			}
			last = now
		}
	})
	It("never steps back, by the runtime", func() {
		start := time.Now()
		var last time.Duration
		for range 100000 {
			now := check.Fact("clock of the runtime", time.Since(start))
			if now < last {
				Fail(fmt.Sprintf("%v after %v", now, last))
			}
			last = now
		}
	})
	It("never steps back between processors", func() {
		start := time.Now()
		var latest, back atomic.Int64
		many := max(2, runtime.GOMAXPROCS(0))
		together(many, func(int) {
			for range looks(many) {
				seen := latest.Load()
				now := int64(time.Since(start))
				if now < seen {
					back.Add(1)
				}
				latest.CompareAndSwap(seen, now)
			}
		})
		Expect(check.Fact("steps back between processors", back.Load())).To(BeZero())
	})
	It("of the vDSO and of the system call agree", func() {
		within := func() bool {
			before := callClock(unix.CLOCK_REALTIME)
			now := check.Fact("time of the vDSO", time.Now().UnixNano())
			return before <= now && now <= callClock(unix.CLOCK_REALTIME)
		}
		check.Eventually(within).Should(BeTrue(), "once is enough: the clock may be set in between")
	})
	It("resolves nanoseconds", func() {
		var resolution unix.Timespec
		check.NoError(unix.ClockGetres(unix.CLOCK_MONOTONIC, &resolution))
		fine := check.Fact("resolution of CLOCK_MONOTONIC in ns", resolution.Nano())
		check.ObserveDiffers("resolution of CLOCK_MONOTONIC in ns", fine,
			record.Say("without high-resolution timers it is a tick", "没有高精度定时器时为一个时钟节拍"))
		Expect(fine).To(BeNumerically("<=", 10*time.Millisecond))
	})
	It("sleeps no shorter than asked", func() {
		for _, d := range []time.Duration{time.Microsecond, time.Millisecond, 20 * time.Millisecond} {
			start := time.Now()
			time.Sleep(d)
			Expect(check.Fact("how much longer than asked it slept", time.Since(start)-d)).To(BeNumerically(">=", 0))
		}
	})
}

// vdsoSymbols returns the names of what the vDSO defines; the spec is skipped where the kernel gives none.
func vdsoSymbols() (names []string) {
	GinkgoHelper()
	check.NeedsKernel(record.Say("its vDSO is its own", "vDSO 是它自带的"))
	base, found := auxv(atVDSO)
	if !found {
		check.Skip(record.Say("the kernel has no vDSO: it was started with vdso=0, or has none", "内核未提供 vDSO：启动参数为 vdso=0，或内核没有 vDSO"))
	}
	image, err := elf.NewFile(bytes.NewReader(readSelf(base, mappedBytes(base))))
	check.NoError(err)
	symbols, err := image.DynamicSymbols()
	check.NoError(err)
	for _, s := range symbols {
		names = append(names, s.Name)
	}
	return names
}

// looks returns how often each of the goroutines reads the clock. They all write to the same word of memory, so that each
// write takes longer the more goroutines there are.
func looks(many int) int { return max(1000, min(20000, 320000/many)) }

// callClock reads a clock by a system call, in nanoseconds: x/sys does not use the vDSO.
func callClock(id int32) int64 {
	var ts unix.Timespec
	check.NoError(unix.ClockGettime(id, &ts))
	return ts.Nano()
}

// mappedBytes returns the length of the mapping that starts at an address. If there is none, the spec fails.
func mappedBytes(base uintptr) int {
	for line := range strings.Lines(check.KernelFile("/proc/self/maps")) {
		var from, to uintptr
		if _, err := fmt.Sscanf(line, "%x-%x", &from, &to); err == nil && from == base {
			return int(to - from)
		}
	}
	Fail(fmt.Sprintf("no mapping starts at %#x", base))
	return 0
}
