package sched

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// spawning are goroutines that begin and end, and requests to many.
func spawning() (all []operation) {
	for _, n := range []int{10, 1000} {
		all = append(all, operation{fmt.Sprintf("spawn/%d", n), loop(func() {
			var some sync.WaitGroup
			for range n {
				some.Go(func() {})
			}
			some.Wait()
		})})
	}
	var deep func(depth int) int
	deep = func(depth int) int {
		var frame [128]byte
		if depth == 0 {
			return int(frame[0])
		}
		return deep(depth-1) + int(frame[depth%128])
	}
	return append(all, operation{"spawn/deep-stack", loop(func() {
		var one sync.WaitGroup
		one.Go(func() { deep(200) })
		one.Wait()
	})}, operation{"spawn/locked-thread", loop(func() {
		var one sync.WaitGroup
		one.Go(func() { runtime.LockOSThread(); runtime.UnlockOSThread() })
		one.Wait()
	})}, operation{"fan-out/8", fanOut(8)}, operation{"fan-out/64", fanOut(64)})
}

// fanOut is a request to n goroutines that live on, and the wait for the last answer.
func fanOut(n int) func(*testing.B) {
	return func(b *testing.B) {
		in, out := make([]chan int, n), make(chan int, n)
		for i := range in {
			in[i] = make(chan int)
			go func() {
				for v := range in[i] {
					out <- v + 1
				}
			}()
		}
		check.BeforeLoop(b)
		for b.Loop() {
			for _, c := range in {
				c <- 1
			}
			for range in {
				<-out
			}
		}
		check.AfterLoop(b)
		for _, c := range in {
			close(c)
		}
	}
}
