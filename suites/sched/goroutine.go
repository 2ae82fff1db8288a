package sched

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

func goroutines() {
	It("without calls gives way to others on one processor", func() {
		check.NeedsPreemption()
		withProcs(1)
		var stop atomic.Bool
		go func() {
			for !stop.Load() {
			}
		}()
		DeferCleanup(func() { stop.Store(true) })
		other := make(chan struct{})
		go close(other)
		check.Eventually(func() bool { return check.Fact("another goroutine ran beside one without calls", closed(other)) }).Should(BeTrue())
	})
	It("in a blocking system call leaves its processor to others", func() {
		withProcs(1)
		var pipe [2]int
		check.NoError(unix.Pipe2(pipe[:], unix.O_CLOEXEC))
		DeferCleanup(func() { unix.Close(pipe[0]); unix.Close(pipe[1]) })
		read := make(chan error)
		go func() {
			_, err := unix.Read(pipe[0], make([]byte, 1)) // not through the poller: the thread blocks
			read <- err
		}()
		for range 100 {
			runtime.Gosched()
		}
		_, err := unix.Write(pipe[1], []byte("x"))
		check.NoError(err)
		check.Eventually(func() string {
			return check.Gather("answer of a read that blocks its thread", func() string {
				select {
				case err := <-read:
					return fmt.Sprint(err)
				default:
					return "none"
				}
			})
		}).Should(Equal("<nil>"))
	})
	It("waiting for the network holds no thread", func() {
		l := listen()
		withProcs(2) // each processor may have a thread that is idle, and a machine may have hundreds
		const connections = 50
		before := threadCount()
		var waiting sync.WaitGroup
		DeferCleanup(waiting.Wait) // after the connections are closed: clean-ups run last first
		for range connections {
			c, err := net.Dial("tcp", l.Addr().String())
			check.NoError(err)
			accepted, err := l.Accept() // or a short queue would fill
			check.NoError(err)
			DeferCleanup(accepted.Close)
			waiting.Go(func() { _, _ = c.Read(make([]byte, 1)) }) // ends when the spec closes the connection
			DeferCleanup(c.Close)
		}
		Expect(check.Fact("threads more for 50 connections", threadCount()-before)).To(BeNumerically("<", connections/2))
	})
}

// manyGoroutines registers what holds of goroutines that are many, and of their end.
func manyGoroutines() {
	It("is one of ten thousand that all come to their end", func() {
		var sum atomic.Int64
		var all sync.WaitGroup
		for i := range 10000 {
			all.Go(func() {
				runtime.Gosched()
				sum.Add(int64(i))
			})
		}
		all.Wait()
		Expect(check.Fact("sum of ten thousand goroutines", sum.Load())).To(BeEquivalentTo(10000 * 9999 / 2))
	})
	It("is not starved among four for each processor", func() {
		withProcs(check.IfNative(runtime.GOMAXPROCS(0), min(8, runtime.GOMAXPROCS(0)))) // emulated ones take turns on this machine's few
		goroutines := 4 * runtime.GOMAXPROCS(0)
		began, end := time.Now(), check.CPUTime()+turnsTime(goroutines)
		waiting := check.Gather("goroutines that had no turn", func() []int {
			check.NeedsPreemption()
			return starving(goroutines, func() bool {
				return check.CPUTime() > end && (check.Native() || time.Since(began) > check.EventuallyTimeout())
			})
		})
		if len(waiting) > 0 {
			turnsTaken(record.Sayf("%d of %d goroutines did not run within %v", "%d/%d 个 goroutine 在 %v 内未获得执行机会",
				len(waiting), goroutines, time.Since(began).Round(time.Second)))
		}
		Expect(waiting).To(BeEmpty(), "of %d goroutines these had no turn in %v of processor time", goroutines, turnsTime(goroutines))
	})
	It("queue of one processor is emptied by the others", func() {
		check.Eventually(func() int { return check.Gather("threads that emptied a queue", emptying) }).Should(BeNumerically(">", 1))
	})
	It("count in runtime/metrics is the runtime's", func() {
		hold := make(chan struct{})
		for range 100 {
			go func() { <-hold }()
		}
		sample := []metrics.Sample{{Name: "/sched/goroutines:goroutines"}}
		metrics.Read(sample)
		Expect(check.Fact("goroutines in runtime/metrics", int(sample[0].Value.Uint64()))).To(And(BeNumerically(">=", 100), BeNumerically("~", runtime.NumGoroutine(), ownGoroutines(runtime.GOMAXPROCS(0)))))
		close(hold)
	})
	It("that ends in Goexit runs what it deferred", func() {
		var mu sync.Mutex
		var ran []string
		deferred := func(name string) { mu.Lock(); ran = append(ran, name); mu.Unlock() }
		go func() {
			defer deferred("outer")
			defer deferred("inner")
			runtime.Goexit()
		}()
		check.Eventually(func() []string {
			mu.Lock()
			defer mu.Unlock()
			return check.Fact("what ran after Goexit", slices.Clone(ran))
		}).Should(Equal([]string{"inner", "outer"}))
	})
}

// emptying returns how many threads run 64 busy goroutines, all of which begin in the queue of one processor.
func emptying() (threads int) {
	if runtime.GOMAXPROCS(0) < 2 {
		check.Skip(record.Say("there is only one processor", "只有一个处理器"))
	}
	var seen sync.Map
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			spin(2 * time.Millisecond)
			seen.Store(unix.Gettid(), true)
		})
	}
	all.Wait()
	seen.Range(func(any, any) bool { threads++; return true })
	return threads
}

// threadCount returns the number of threads of this process.
func threadCount() int {
	GinkgoHelper()
	return len(check.KernelDir("/proc/self/task"))
}

// listen returns a listener on loopback, which is closed at the end of the spec.
func listen() net.Listener {
	GinkgoHelper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check.SkipUnlessKernelAnswered(err)
	if errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.ENETUNREACH) || errors.Is(err, unix.EAFNOSUPPORT) {
		check.Skip(record.Sayf("no loopback interface: %v", "没有回环接口：%v", err))
	}
	check.NoError(err)
	DeferCleanup(l.Close)
	return l
}

// ownGoroutines returns the most goroutines that the runtime itself may have, which runtime/metrics counts and NumGoroutine does
// not: two for each processor, to mark and to sweep, and some more.
func ownGoroutines(processors int) int { return 20 + 2*processors }

// turnsTime returns the CPU time in which each of the goroutines must have run: 500 ms for each, though the runtime interrupts a
// goroutine after 10 ms. It is that of the whole process on all processors, so that it does not depend on how busy the machine is.
func turnsTime(goroutines int) time.Duration {
	return time.Duration(goroutines) * 500 * time.Millisecond
}

// starving starts n busy goroutines and returns the numbers of those that did not run in time. It returns as soon as each of
// them has run.
func starving(n int, late func() bool) (waiting []int) {
	counts := make([]atomic.Int64, n)
	var stop atomic.Bool
	var all sync.WaitGroup
	for i := range counts {
		all.Go(func() {
			for !stop.Load() {
				counts[i].Add(1)
			}
		})
	}
	for ; ; time.Sleep(5 * time.Millisecond) {
		waiting = waiting[:0]
		for i := range counts {
			if counts[i].Load() == 0 {
				waiting = append(waiting, i)
			}
		}
		if len(waiting) == 0 || late() {
			break
		}
	}
	stop.Store(true)
	all.Wait()
	return waiting
}

// share lets n goroutines count for a time, and returns the count of each.
func share(n int, d time.Duration) []int64 {
	counts := make([]int64, n)
	var stop atomic.Bool
	var all sync.WaitGroup
	for i := range counts {
		all.Go(func() {
			mine := int64(0)
			for !stop.Load() {
				mine++
			}
			counts[i] = mine
		})
	}
	time.Sleep(d)
	stop.Store(true)
	all.Wait()
	return counts
}
