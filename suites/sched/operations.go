package sched

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// operation is one thing that is measured: run does it n times.
type operation struct {
	name string
	run  func(b *testing.B)
}

// operations registers the measurements of what goroutines do: each is a benchmark of its own.
func operations() {
	for _, o := range slices.Concat(spawning(), channelling(), locking(), timing(), waiting()) {
		It(o.name, func() { check.Benchmark(o.name, o.run) })
	}
	It("scaling", func() {
		points := check.Gather("work done by processors", scaling)
		share, known := serialShare(points)
		Expect(points).NotTo(BeEmpty())
		Expect(share).To(And(BeNumerically(">=", 0), BeNumerically("<=", 1)))
		for _, p := range points {
			Expect(p.Rate).To(BeNumerically(">", 0))
			check.Sample(record.Sample{Name: fmt.Sprintf("scaling/processors=%d", p.Processors), Value: p.Rate, Unit: "ops/s", Better: record.Higher, N: 1})
		}
		if known {
			check.Sample(record.Sample{Name: "scaling/serial-share", Value: 100 * share, Unit: "%", Better: record.Lower, N: len(points)})
		}
	})
}

// loop is a benchmark of a call.
func loop(f func()) func(*testing.B) {
	return func(b *testing.B) {
		check.BeforeLoop(b)
		for b.Loop() {
			f()
		}
		check.AfterLoop(b)
	}
}

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

func channelling() (all []operation) {
	for _, room := range []int{1, 128} {
		all = append(all, operation{fmt.Sprintf("channel/room=%d", room), func(b *testing.B) {
			c := make(chan int, room)
			go func() {
				for range c {
				}
			}()
			check.BeforeLoop(b)
			for b.Loop() {
				c <- 1
			}
			check.AfterLoop(b)
			close(c)
		}})
	}
	full := make(chan int, 1)
	never := make(chan int)
	return append(all, operation{"channel/uncontended", loop(func() { full <- 1; <-full })},
		operation{"channel/four-senders", func(b *testing.B) {
			c := make(chan int)
			done := make(chan struct{})
			for range 4 {
				go func() {
					for {
						select {
						case c <- 1:
						case <-done:
							return
						}
					}
				}()
			}
			check.BeforeLoop(b)
			for b.Loop() {
				<-c
			}
			check.AfterLoop(b)
			close(done)
		}},
		operation{"select/default", loop(func() {
			select {
			case <-never:
			default:
			}
		})},
		operation{"select/two", loop(func() {
			full <- 1
			select {
			case <-full:
			case <-never:
			}
		})},
		operation{"select/eight", loop(func() {
			full <- 1
			select {
			case <-full:
			case <-never:
			case never <- 1:
			case <-never:
			case never <- 2:
			case <-never:
			case never <- 3:
			case <-never:
			}
		})})
}

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

func timing() []operation {
	return []operation{
		{"timer/create-stop", loop(func() { time.NewTimer(time.Hour).Stop() })},
		{"timer/reset-of-ten-thousand", func(b *testing.B) {
			timers := make([]*time.Timer, 10000)
			for i := range timers {
				timers[i] = time.NewTimer(time.Hour + time.Duration(i)*time.Second)
			}
			n := 0
			check.BeforeLoop(b)
			for b.Loop() {
				timers[n%len(timers)].Reset(time.Hour)
				n++
			}
			check.AfterLoop(b)
			for _, t := range timers {
				t.Stop()
			}
		}},
		{"timer/fire", loop(func() { <-time.After(0) })},
		{"sleep/100us", loop(func() { time.Sleep(100 * time.Microsecond) })},
	}
}

func waiting() []operation {
	return []operation{
		{"system-call/getppid", loop(func() { unix.Getppid() })},
		{"network/ping-pong", func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				check.Fatal(b, err)
			}
			defer l.Close()
			go func() {
				if c, err := l.Accept(); err == nil {
					_, _ = io.Copy(c, c)
					c.Close()
				}
			}()
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				check.Fatal(b, err)
			}
			defer c.Close()
			pingPong(b, c, c)
		}},
		{"thread/ping-pong", func(b *testing.B) {
			thereAndBack(b, runtime.LockOSThread)
		}},
	}
}

// pingPong writes a byte and waits for it to come back.
func pingPong(b *testing.B, w io.Writer, r io.Reader) {
	buffer := make([]byte, 1)
	check.BeforeLoop(b)
	for b.Loop() {
		if _, err := w.Write(buffer); err != nil {
			check.Fatal(b, err)
		}
		if _, err := io.ReadFull(r, buffer); err != nil {
			check.Fatal(b, err)
		}
	}
	check.AfterLoop(b)
}
