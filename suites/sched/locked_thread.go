package sched

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// onLockedThread returns how many of n goroutines ran on the thread of a locked one.
func onLockedThread(n int) int {
	var shared atomic.Int64
	locked, release := make(chan int), make(chan struct{})
	var one, all sync.WaitGroup
	one.Go(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		locked <- tid()
		<-release
	})
	id := <-locked
	for range n {
		all.Go(func() {
			runtime.Gosched()
			if tid() == id {
				shared.Add(1)
			}
		})
	}
	all.Wait()
	close(release)
	one.Wait()
	return int(shared.Load())
}

// lockedWaits returns the threads that a locked goroutine has run on while it waited again and again.
func lockedWaits() (threads []int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for range 50 {
		time.Sleep(50 * time.Microsecond)
		if id := tid(); !slices.Contains(threads, id) {
			threads = append(threads, id)
		}
	}
	return threads
}

// lockedCrowd returns how many of n locked goroutines that wait for each other come to their end.
func lockedCrowd(n int) int64 {
	var ended atomic.Int64
	var all sync.WaitGroup
	turn := make(chan struct{}, 1)
	for range n {
		all.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			turn <- struct{}{}
			time.Sleep(50 * time.Microsecond)
			<-turn
			ended.Add(1)
		})
	}
	all.Wait()
	return ended.Load()
}
