package sched

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// locking are locks and what is built on them, with and without contention.
func locking() []operation {
	var mu sync.Mutex
	var rw sync.RWMutex
	var counter atomic.Int64
	var once sync.Once
	parallel := func(f func()) func(*testing.B) {
		return func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					f()
				}
			})
		}
	}
	pool := sync.Pool{New: func() any { return new([64]byte) }}
	var m sync.Map
	m.Store(1, 1)
	return []operation{
		{"mutex/uncontended", loop(func() { mu.Lock(); mu.Unlock() })}, //lint:ignore SA2001 the cost of the lock itself is measured
		{"mutex/two-goroutines", func(b *testing.B) {
			var stop atomic.Bool
			var other sync.WaitGroup
			other.Go(func() {
				for !stop.Load() {
					mu.Lock()
					mu.Unlock() //lint:ignore SA2001 the cost of the lock itself is measured
				}
			})
			check.BeforeLoop(b)
			for b.Loop() {
				mu.Lock()
				mu.Unlock() //lint:ignore SA2001 the cost of the lock itself is measured
			}
			check.AfterLoop(b)
			stop.Store(true)
			other.Wait()
		}},
		{"rwmutex/readers", parallel(func() { rw.RLock(); rw.RUnlock() })}, //lint:ignore SA2001 the cost of the lock itself is measured
		{"atomic/contended", parallel(func() { counter.Add(1) })},
		{"once/done", loop(func() { once.Do(func() {}) })},
		{"pool/get-put", parallel(func() { pool.Put(pool.Get()) })},
		{"map/load", parallel(func() { m.Load(1) })},
		{"condition/hand-over", handOver},
	}
}

// handOver is a turn handed to another goroutine and back through a condition.
func handOver(b *testing.B) {
	var mu sync.Mutex
	turn, mine, stop := sync.NewCond(&mu), true, false
	go func() {
		mu.Lock()
		defer mu.Unlock()
		for !stop {
			if !mine {
				mine = true
				turn.Signal()
			}
			turn.Wait()
		}
	}()
	check.BeforeLoop(b)
	for b.Loop() {
		mu.Lock()
		mine = false
		turn.Signal()
		for !mine {
			turn.Wait()
		}
		mu.Unlock()
	}
	check.AfterLoop(b)
	mu.Lock()
	stop = true
	turn.Broadcast()
	mu.Unlock()
}
