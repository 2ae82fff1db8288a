package sched

import (
	"runtime"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

func speeds() {
	It("of starting a goroutine and waiting for it", check.Bench(), func() {
		check.Benchmark("spawn", func(b *testing.B) {
			var one sync.WaitGroup
			check.BeforeLoop(b)
			for b.Loop() {
				one.Go(func() {})
				one.Wait()
			}
		})
	})
	It("of a value there and back through channels", check.Bench(), func() {
		check.Benchmark("ping-pong", func(b *testing.B) {
			thereAndBack(b, func() {})
		})
	})
	It("of giving way", check.Bench(), func() {
		check.Benchmark("Gosched", func(b *testing.B) {
			for b.Loop() {
				runtime.Gosched()
			}
		})
	})
	It("of a lock that all processors want", check.Bench(), func() {
		check.Benchmark("mutex/contended", func(b *testing.B) {
			var mu sync.Mutex
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					mu.Lock()
					mu.Unlock() //lint:ignore SA2001 the cost of the lock itself is measured
				}
			})
		})
	})
	It("shares among four goroutines for each processor", check.Bench(), func() {
		for range check.IfNative(5, 1) {
			check.Sample(record.Sample{Name: "fairness/4-per-processor", Value: jain(share(4*runtime.GOMAXPROCS(0), time.Second)),
				Unit: "jain", Better: record.Higher, N: 1})
		}
	})
}

// thereAndBack measures a value that goes to another goroutine and comes back. The goroutine calls begin first.
func thereAndBack(b *testing.B, begin func()) {
	there, back := make(chan int), make(chan int)
	go func() {
		begin()
		for v := range there {
			back <- v
		}
	}()
	check.BeforeLoop(b)
	for b.Loop() {
		there <- 1
		<-back
	}
	check.AfterLoop(b)
	close(there)
}

// jain returns the fairness index of Jain, Chiu and Hawe (DEC-TR-301, 1984): 1 when all have the same, 1/n when one has all.
func jain(shares []int64) float64 {
	var sum, squares float64
	for _, s := range shares {
		sum += float64(s)
		squares += float64(s) * float64(s)
	}
	if squares == 0 {
		return 0
	}
	return sum * sum / (float64(len(shares)) * squares)
}
