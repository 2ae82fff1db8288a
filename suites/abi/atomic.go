package abi

import (
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// together runs body in n goroutines that start at the same time, and waits for them.
func together(n int, body func(i int)) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			body(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}

func atomics() {
	It("64-bit values align to 8 bytes behind a narrower field", func() {
		var s struct {
			narrow byte
			wide   atomic.Int64
		}
		Expect(check.Fact("offset of a 64-bit value behind a byte", unsafe.Offsetof(s.wide))).To(BeEquivalentTo(8))
		_ = s.narrow
	})
	It("64-bit addition carries into the upper half", func() {
		var v atomic.Uint64
		v.Store(0xffffffff)
		Expect(check.Fact("0xffffffff and 1", v.Add(1))).To(Equal(uint64(1) << 32))
	})
	It("and, or, swap and compare give the old value", func() {
		var v atomic.Uint64
		v.Store(0b1100)
		before := []uint64{v.And(0b0110), v.Or(0b0001), v.Swap(9)}
		Expect(check.Fact("values before and, or and swap", before)).To(Equal([]uint64{0b1100, 0b0100, 0b0101}))
		swapped := []bool{v.CompareAndSwap(8, 1), v.CompareAndSwap(9, 1)}
		Expect(check.Fact("swaps of another value, and of the right one", swapped)).To(Equal([]bool{false, true}))
		Expect(check.Fact("value after compare and swap", v.Load())).To(Equal(uint64(1)))
	})
	It("additions of four goroutines are all counted, in 32 and 64 bits", func() {
		const each = 20000
		var narrow atomic.Int32
		var wide atomic.Int64
		together(4, func(int) {
			for range each {
				narrow.Add(1)
				wide.Add(1 << 31)
			}
		})
		Expect(check.Fact("additions of four goroutines in 32 bits", narrow.Load())).To(BeEquivalentTo(4 * each))
		Expect(check.Fact("additions of four goroutines in 64 bits", wide.Load())).To(Equal(int64(4*each) << 31))
	})
	It("compare and swap of four goroutines lets one win each time", func() {
		const each = 5000
		var v atomic.Uint64
		var won [4]int
		together(4, func(i int) {
			for won[i] < each {
				if old := v.Load(); v.CompareAndSwap(old, old+1) {
					won[i]++
				}
			}
		})
		Expect(check.Fact("swaps that four goroutines won", v.Load())).To(BeEquivalentTo(4 * each))
	})
	It("a 64-bit value is never seen half written", func() {
		var v atomic.Uint64
		var torn atomic.Int64
		together(2, func(i int) {
			for n := range 100000 {
				if i == 0 {
					v.Store(-uint64(n & 1))
				} else if seen := v.Load(); seen != 0 && seen != ^uint64(0) {
					torn.Add(1)
				}
			}
		})
		Expect(check.Fact("values half written", torn.Load())).To(BeZero())
	})
	It("what was written before a flag is seen behind it", func() {
		const rounds = 20000
		var data, flag atomic.Int64
		var early int
		together(2, func(i int) {
			for n := int64(1); n <= rounds; n++ {
				if i == 0 {
					data.Store(n)
					flag.Store(n)
				} else if seen := flag.Load(); data.Load() < seen {
					early++
				}
			}
		})
		Expect(check.Fact("flags seen before what was written before them", early)).To(BeZero())
	})
	It("a store is not overtaken by the load behind it", storeBuffering)
}

// storeBuffering counts how often two goroutines both store, and both then load the other's old value, which the Go memory
// model forbids. On arm64 QEMU executes a load before an earlier store-release, so that the spec fails on hardware only.
func storeBuffering() {
	const rounds = 20000
	var x, y [rounds]atomic.Int32
	var r [2][rounds]int32
	var at [2]atomic.Int64
	together(2, func(i int) {
		mine, other := &x, &y
		if i == 1 {
			mine, other = &y, &x
		}
		for n := range rounds {
			at[i].Store(int64(n))
			for spins := 0; at[1-i].Load() < int64(n); spins++ {
				if spins > 1000 {
					runtime.Gosched()
				}
			}
			mine[n].Store(1)
			r[i][n] = other[n].Load()
		}
	})
	both := 0
	for n := range rounds {
		if r[0][n] == 0 && r[1][n] == 0 {
			both++
		}
	}
	both = check.Fact("loads of both sides that saw neither store", both)
	check.ObserveDiffers("store buffering with atomics", both,
		record.Say("an emulator may reorder what the hardware does not", "模拟器可能重排硬件不会重排的访问"))
	if check.Native() {
		Expect(both).To(BeZero(), "of %d", rounds)
	}
}
