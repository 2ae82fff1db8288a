package abi

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// measured registers a benchmark of one operation. It is deep: the figures of some thirty operations in five rounds take some
// minutes. prepare is called once for each sample, and returns what is done again and again, and what is done at the end.
func measured(name string, size int, prepare func() (once, end func())) {
	It("of "+name, check.Bench(), check.Deep(), func() {
		check.Benchmark(name, func(b *testing.B) {
			once, end := prepare()
			if end != nil {
				defer end()
			}
			if size > 0 {
				b.SetBytes(int64(size))
			}
			check.BeforeLoop(b)
			for b.Loop() {
				once()
			}
			check.AfterLoop(b)
		})
	})
}

func only(once func()) func() (func(), func()) {
	return func() (func(), func()) { return once, nil }
}

func speeds() {
	measured("a system call", 0, only(func() { unix.RawSyscall(unix.SYS_GETPPID, 0, 0, 0) }))
	measured("a system call that may wait", 0, only(func() { _, _, _ = unix.Syscall(unix.SYS_GETPPID, 0, 0, 0) }))
	measured("a clock read by the vDSO", 0, only(func() { _ = time.Now() }))
	measured("a clock read by the system call", 0, only(func() { callClock(unix.CLOCK_MONOTONIC) }))
	measured("a counter read", 0, only(func() { readCounter() }))
	measured("a switch between two threads", 0, switchThreads)
	measured("a switch between two goroutines", 0, only(runtime.Gosched))
	measured("a channel there and back", 0, throughChannel)
	measured("a mutex without a rival", 0, func() (func(), func()) {
		var m sync.Mutex
		return func() { m.Lock(); m.Unlock() }, nil //lint:ignore SA2001 the cost of the lock itself is measured
	})
	measured("an atomic addition", 0, func() (func(), func()) { var n atomic.Int64; return func() { n.Add(1) }, nil })
	measured("an atomic compare and swap", 0, func() (func(), func()) {
		var n atomic.Int64
		return func() { n.CompareAndSwap(0, 0) }, nil
	})
	measured("a stack that grows to 64 KiB", 0, only(func() { inNewStack(func() int { return wideFrames(15) }) }))
	measured("a signal there and back", 0, throughSignal)
	measured("a page fault", 0, pageFaults)
	measured("copying 64 MiB", 64<<20, func() (func(), func()) {
		from, to := make([]byte, 64<<20), make([]byte, 64<<20)
		return func() { copy(to, from) }, nil
	})
	for _, kilobytes := range []int{16, 256, 4096, 65536} { // within the caches of most chips, one level after the other, and beyond
		measured(fmt.Sprintf("a load that depends on the one before, in %d KiB", kilobytes), 0, func() (func(), func()) { return chase(kilobytes << 10) })
	}
	readRates()
	divisionSpeeds()
}

// switchThreads passes a byte to another thread and back.
func switchThreads() (once, end func()) {
	there, thereEnd, err := os.Pipe()
	check.NoError(err)
	back, backEnd, err := os.Pipe()
	check.NoError(err)
	pass := func(from, to int) bool {
		var b [1]byte
		n, err := unix.Read(from, b[:])
		if err != nil || n == 0 {
			return false
		}
		_, err = unix.Write(to, b[:])
		return err == nil
	}
	// Fd makes the pipes blocking, so that the kernel wakes the thread and not the runtime.
	in, out, thereIn, thereOut := int(back.Fd()), int(thereEnd.Fd()), int(there.Fd()), int(backEnd.Fd())
	go func() {
		runtime.LockOSThread()
		for pass(thereIn, thereOut) {
		}
		_, _ = there.Close(), backEnd.Close()
	}()
	return func() { _, _ = unix.Write(out, []byte{1}); _, _ = unix.Read(in, make([]byte, 1)) },
		func() { _ = thereEnd.Close(); _, _ = unix.Read(in, make([]byte, 1)); _ = back.Close() }
}

func throughChannel() (once, end func()) {
	there, back := make(chan int), make(chan int)
	go func() {
		for n := range there {
			back <- n
		}
	}()
	return func() { there <- 1; <-back }, func() { close(there) }
}

// throughSignal sends a signal to this process and waits until os/signal has it.
func throughSignal() (once, end func()) {
	came := make(chan os.Signal, 1)
	signal.Notify(came, unix.SIGUSR2)
	process := os.Getpid()
	return func() { _ = unix.Kill(process, unix.SIGUSR2); <-came }, func() { signal.Stop(came) }
}

// pageFaults touches one new page after the other.
func pageFaults() (once, end func()) {
	const size = 64 << 20
	pages, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	check.NoError(err)
	_ = unix.Madvise(pages, unix.MADV_NOHUGEPAGE)
	at, step := 0, os.Getpagesize()
	return func() {
			if at == size {
				_ = unix.Madvise(pages, unix.MADV_DONTNEED)
				at = 0
			}
			pages[at] = 1
			at += step
		}, func() {
			_ = unix.Munmap(pages)
		}
}

// chase follows pointers around all cache lines of some memory, in an order that no prefetcher guesses.
func chase(size int) (once, end func()) {
	type line struct {
		next *line
		_    [64 - unsafe.Sizeof(uintptr(0))]byte
	}
	lines := make([]line, size/64)
	const step = 40503 // odd, so that it comes around all of them: their number is a power of two
	for i := range lines {
		lines[i].next = &lines[(i*5+step)%len(lines)]
	}
	at := &lines[0]
	return func() { at = at.next }, nil
}
