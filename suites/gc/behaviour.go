package gc

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/gc/meter"
)

// costAt returns the cost of the work at a GOGC. It collects garbage before, so that the first cycle starts from the same heap.
func (a amount) costAt(percent int) meter.Counts {
	before := debug.SetGCPercent(percent)
	defer debug.SetGCPercent(before)
	runtime.GC()
	meter.CountAll()
	start := meter.Read()
	Expect(a.work()).To(BeZero())
	meter.CountAll()
	return meter.Read().Since(start)
}

// apart returns by how many bytes the allocations of the same work may differ: a thousandth, and what the runtime allocates for
// a thread of each processor.
func apart(allocated uint64, processors int) uint64 {
	return allocated/1000 + uint64(processors)*(4<<10)
}

func works() {
	It("allocates the same at every GOGC", func() {
		low := check.Gather("bytes allocated at GOGC=50", func() uint64 { return usual().costAt(50).Allocated })
		high := check.Gather("bytes allocated at GOGC=200", func() uint64 { return usual().costAt(200).Allocated })
		Expect(low).To(BeNumerically("~", high, apart(high, runtime.GOMAXPROCS(0))))
	})
	It("allocates the same on every target", func() {
		withProcs(1)         // what the runtime allocates for each processor is not the work's
		const unit = 1 << 20 // finer than a unit there is the noise of what else runs in the process
		check.Observe("MiB allocated by the fixed work", (full.costAt(400).Allocated+unit/2)/unit)
	})
	It("costs fewer cycles as GOGC rises", func() {
		withProcs(1)
		cycles := check.Gather("cycles at GOGC of 50, 100 and 400", func() []uint64 {
			return []uint64{usual().costAt(50).Cycles, usual().costAt(100).Cycles, usual().costAt(400).Cycles}
		})
		check.ObserveDiffers("cycles at GOGC of 50, 100 and 400", cycles, record.Say(
			"when a cycle begins depends on how fast the one before it was", "周期何时开始取决于上一周期的快慢"))
		Expect(cycles[0]).To(BeNumerically(">", cycles[2]))
	})
	It("costs no cycle with GOGC=off", func() {
		withLimit(noLimit)
		Expect(check.Gather("cycles with GOGC=off", func() uint64 { return usual().costAt(off).Cycles })).To(BeZero())
	})
	It("stops the world twice a cycle", func() {
		counts := check.Gather("cycles, and stops of the world", func() []uint64 {
			cost := usual().costAt(50)
			return []uint64{cost.Cycles, cost.Stops()}
		})
		check.ObserveDiffers("cycles, and stops of the world", counts, record.Say(
			"Go stops the world twice a cycle, and promises no number", "Go 每个周期停顿两次，但不承诺次数"))
		Expect(counts[1]).To(BeNumerically(">", 0))
	})
}

// limits registers what the work costs under a limit, and how that is counted.
func limits() {
	It("is held below GOMEMLIMIT, also with GOGC=off", func() {
		const limit = 64 << 20
		load := usual()
		load.passingBlocks = full.passingBlocks // without a collection they would be far over the limit
		withPercent(off)
		withLimit(limit)
		// The limit is soft: the collector uses at most half of the CPU time, and on a busy machine less. So the work is
		// repeated until it stays below the limit.
		var highest, cycles uint64
		check.Eventually(func() bool {
			held := check.Gather("most bytes held below GOMEMLIMIT, and cycles", func() [2]uint64 {
				highest, cycles := load.highest()
				return [2]uint64{highest, cycles}
			})
			highest, cycles = held[0], held[1]
			return highest <= limit+slack(runtime.GOMAXPROCS(0))
		}).Should(BeTrue(), func() string { return fmt.Sprintf("%d MiB, with %d cycles", highest>>20, cycles) })
		Expect(cycles).To(BeNumerically(">", 0))
	})
	It("comes to its end under a limit below what lives", func() {
		withLimit(1 << 20)
		load := usual()
		load.passingBlocks /= 8
		Expect(check.Gather("nodes lost under a low limit", load.work)).To(BeZero())
	})
	It("forced is counted as forced", func() {
		before := meter.Figure(meter.Forced)
		runtime.GC()
		Expect(check.Fact("forced cycles more", int64(meter.Figure(meter.Forced)-before))).To(BeNumerically(">", 0))
	})
	It("is counted alike by MemStats and runtime/metrics", func() {
		withPercent(off)
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		Expect(check.Fact("cycles in MemStats", uint64(stats.NumGC))).To(Equal(check.Fact("cycles in runtime/metrics", meter.Figure(meter.Cycles))))
	})
	It("gives memory back to the system when told to", func() {
		ballast := make([]byte, 32<<20)
		for i := range ballast {
			ballast[i] = 1
		}
		runtime.KeepAlive(ballast)
		before := meter.Held()
		debug.FreeOSMemory()
		given := check.Fact("bytes given back", int64(before)-int64(meter.Held()))
		Expect(given).To(BeNumerically(">", 24<<20))
	})
}

// slack returns by how many bytes the work may exceed GOMEMLIMIT: by the allocations while a cycle runs, and by the free blocks
// that each processor keeps for each size.
func slack(processors int) uint64 { return uint64(16<<20 + processors*(128<<10)) }

// highest does the work, and returns the most memory that the runtime held meanwhile, in bytes, and the number of cycles.
func (a amount) highest() (most, cycles uint64) {
	debug.FreeOSMemory()
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		for {
			most = max(most, meter.Held())
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
		}
	})
	before := meter.Read()
	lost := a.work()
	close(done)
	watch.Wait()
	Expect(lost).To(BeZero())
	return most, meter.Read().Since(before).Cycles
}

// thing is too large for the tiny allocator, which keeps objects of the same block alive together.
type thing struct{ content [64]byte }

// collected collects garbage and calls the condition again until it is true.
func collected(is func() bool) {
	GinkgoHelper()
	check.Eventually(func() bool {
		runtime.GC()
		return is()
	}).Should(BeTrue())
}

func objects() {
	It("out of use is finalized", func() {
		var ran atomic.Bool
		runtime.SetFinalizer(&thing{}, func(*thing) { ran.Store(true) })
		collected(func() bool { return check.Fact("finalizer ran", ran.Load()) })
	})
	It("out of use is cleaned up after, with the argument", func() {
		var got atomic.Int64
		runtime.AddCleanup(&thing{}, func(n int64) { got.Store(n) }, 42)
		collected(func() bool { return check.Fact("argument of the cleanup", got.Load()) == 42 })
	})
	It("in use is neither", func() {
		var ran atomic.Bool
		held := &thing{}
		runtime.SetFinalizer(held, func(*thing) { ran.Store(true) })
		for range 5 {
			runtime.GC()
		}
		Expect(check.Fact("finalizer of what is in use ran", ran.Load())).To(BeFalse())
		runtime.KeepAlive(held)
	})
}

// references registers what refers to objects without keeping them.
func references() {
	It("seen by a weak pointer is there while in use, and gone afterwards", func() {
		held := &thing{content: [64]byte{7}}
		pointer := weak.Make(held)
		runtime.GC()
		Expect(check.Fact("what a weak pointer shows", pointer.Value().content[0])).To(BeEquivalentTo(7))
		runtime.KeepAlive(held)
		collected(func() bool { return check.Fact("the weak pointer is nil", pointer.Value() == nil) })
	})
	It("in a ring is taken as a whole", func() {
		type ring struct {
			next *ring
			_    [64]byte
		}
		var gone atomic.Int64
		one, two := &ring{}, &ring{}
		one.next, two.next = two, one
		runtime.AddCleanup(one, func(int) { gone.Add(1) }, 0)
		runtime.AddCleanup(two, func(int) { gone.Add(1) }, 0)
		collected(func() bool { return check.Fact("objects of the ring that are gone", gone.Load()) == 2 })
	})
	It("in a pool is gone after two cycles", func() {
		var pool sync.Pool
		var gone atomic.Bool
		held := &thing{}
		runtime.AddCleanup(held, func(int) { gone.Store(true) }, 0)
		pool.Put(held)
		held = nil
		collected(func() bool { return check.Fact("what was in the pool is gone", gone.Load()) })
		Expect(check.Fact("what the pool gives", pool.Get())).To(BeNil())
	})
}
