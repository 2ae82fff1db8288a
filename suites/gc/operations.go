package gc

import (
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"testing"
	"weak"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// held keeps what a benchmark allocates on the heap.
var held struct {
	small atomic.Pointer[[64]byte]
	large atomic.Pointer[[32 << 10]byte]
	tree  atomic.Pointer[tree]
}

// operations registers the measurements of single operations of the allocator and the collector.
func operations() {
	for _, o := range []struct {
		name string
		run  func()
	}{
		{"allocate/64B", func() { held.small.Store(new([64]byte)) }},
		{"allocate/32KiB", func() { held.large.Store(new([32 << 10]byte)) }},
		{"allocate/tree-of-255", func() { held.tree.Store(grow(7)) }},
		{"write-barrier/pointer", func() { held.tree.Store(&shared) }},
		{"finalizer/set-and-clear", func() { t := &thing{}; runtime.SetFinalizer(t, func(*thing) {}); runtime.SetFinalizer(t, nil) }},
		{"cleanup/add-and-stop", func() { t := &thing{}; runtime.AddCleanup(t, func(int) {}, 0).Stop(); runtime.KeepAlive(t) }},
		{"weak/make-and-read", func() { t := &thing{}; w := weak.Make(t); runtime.KeepAlive(w.Value()) }},
		{"metrics/read", readMetrics},
	} {
		It(o.name, func() {
			check.Benchmark(o.name, func(b *testing.B) {
				check.BeforeLoop(b)
				for b.Loop() {
					o.run()
				}
				check.AfterLoop(b)
			})
		})
	}
	It("cycle/16MiB-of-pointers", func() {
		check.Benchmark("cycle/16MiB-of-pointers", func(b *testing.B) {
			live := grow(19)
			check.BeforeLoop(b)
			for b.Loop() {
				runtime.GC()
			}
			check.AfterLoop(b)
			runtime.KeepAlive(live)
		})
	})
}

var shared tree

// readMetrics reads a figure of runtime/metrics.
func readMetrics() {
	sample := [1]metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample[:])
}
