package sched

import (
	"net"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// soon is generous: what is checked is that it comes at all.
const soon = 20 * time.Second

func goroutines() {
	It("without calls gives way to others on one processor", func() {
		withProcs(1)
		var stop atomic.Bool
		go func() {
			for !stop.Load() {
			}
		}()
		DeferCleanup(func() { stop.Store(true) })
		other := make(chan struct{})
		go close(other)
		Eventually(other).WithTimeout(soon).Should(BeClosed())
	})
	It("in a blocking system call leaves its processor to others", func() {
		withProcs(1)
		var pipe [2]int
		Expect(unix.Pipe2(pipe[:], unix.O_CLOEXEC)).To(Succeed())
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
		Expect(err).NotTo(HaveOccurred())
		Eventually(read).WithTimeout(soon).Should(Receive(BeNil()))
	})
	It("waiting for the network holds no thread", func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			check.Skip(record.Sayf("no loopback interface: %v", "没有回环接口：%v", err))
		}
		DeferCleanup(l.Close)
		const connections = 100
		before := threadCount()
		var waiting sync.WaitGroup
		DeferCleanup(waiting.Wait) // after the connections are closed: clean-ups run last first
		for range connections {
			c, err := net.Dial("tcp", l.Addr().String())
			Expect(err).NotTo(HaveOccurred())
			waiting.Go(func() { _, _ = c.Read(make([]byte, 1)) }) // ends when the spec closes the connection
			DeferCleanup(c.Close)
		}
		Expect(threadCount() - before).To(BeNumerically("<", connections/2))
	})
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
		Expect(sum.Load()).To(BeEquivalentTo(10000 * 9999 / 2))
	})
	It("is not starved among four for each processor", func() {
		work := share(4*runtime.GOMAXPROCS(0), 500*time.Millisecond)
		for i, done := range work {
			Expect(done).To(BeNumerically(">", 0), "goroutine %d of %d", i, len(work))
		}
	})
	It("queue of one processor is emptied by the others", func() {
		if runtime.GOMAXPROCS(0) < 2 {
			check.Skip(record.Say("there is only one processor", "只有一个处理器"))
		}
		Eventually(func() int {
			var seen sync.Map
			var all sync.WaitGroup
			for range 64 { // all queued where this goroutine runs
				all.Go(func() {
					for end := time.Now().Add(2 * time.Millisecond); time.Now().Before(end); {
					}
					seen.Store(unix.Gettid(), true)
				})
			}
			all.Wait()
			threads := 0
			seen.Range(func(any, any) bool { threads++; return true })
			return threads
		}).WithTimeout(soon).Should(BeNumerically(">", 1))
	})
	It("count in runtime/metrics is the runtime's", func() {
		hold := make(chan struct{})
		for range 100 {
			go func() { <-hold }()
		}
		sample := []metrics.Sample{{Name: "/sched/goroutines:goroutines"}}
		metrics.Read(sample)
		Expect(int(sample[0].Value.Uint64())).To(And(BeNumerically(">=", 100), BeNumerically("~", runtime.NumGoroutine(), 20)))
		close(hold)
	})
	It("that ends in Goexit runs what it deferred", func() {
		ran := make(chan string, 2)
		go func() {
			defer func() { ran <- "outer" }()
			defer func() { ran <- "inner" }()
			runtime.Goexit()
		}()
		Eventually(ran).WithTimeout(soon).Should(Receive(Equal("inner")))
		Eventually(ran).WithTimeout(soon).Should(Receive(Equal("outer")))
	})
}

// threadCount is the number of threads of this process.
func threadCount() int { return len(list("/proc/self/task")) }

// share lets n goroutines count for a time, and returns how far each came.
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
