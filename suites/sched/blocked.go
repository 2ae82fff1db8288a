package sched

import (
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// blocks registers what waits in the kernel, in the poller, for timers and on threads of its own.
func blocks() {
	It("system calls of many goroutines leave every processor to others", func() {
		Expect(check.Gather("counts while 32 goroutines block in system calls", func() int64 { return countsBeside(32) })).To(BeNumerically(">", 0))
	})
	It("reads that block end when there is something to read", func() {
		check.Eventually(func() int {
			return check.Gather("blocked reads of 16 that ended", func() int { return blockedReads(16) })
		}).Should(Equal(16))
	})
	It("connections all wake when each has something to read", func() {
		Expect(check.Gather("connections of 100 that woke", func() int { return wokenConnections(100) })).To(Equal(100))
	})
	It("read of the network ends at its deadline, and not before", func() {
		late := check.Gather("how late a read's deadline of 20 ms ended it", readDeadline)
		Expect(late).To(BeNumerically(">=", 0))
	})
	It("read of the network ends when the connection is closed", func() {
		check.Eventually(func() error { return check.Gather("answer of a read whose connection is closed", closedRead) }).Should(MatchError(net.ErrClosed))
	})
	It("read of a pipe through the poller ends when the other end is closed", func() {
		Expect(check.Gather("bytes and error of a read from a pipe that was closed", func() string {
			r, w, err := os.Pipe()
			check.NoError(err)
			defer r.Close()
			go func() { time.Sleep(2 * time.Millisecond); w.Close() }()
			n, err := r.Read(make([]byte, 8))
			return ended(n, err)
		})).To(Equal("0 EOF"))
	})
}

// blockedTimers registers timers of goroutines that wait.
func blockedTimers() {
	It("timers on one processor fire none before its time", func() {
		Expect(check.Gather("least time by which one of 20 timers was late", leastLate)).To(BeNumerically(">=", 0))
	})
	It("timer that is made earlier fires at the earlier time", func() {
		Expect(check.Gather("time until a timer that was made earlier fired", func() time.Duration {
			began := time.Now()
			t := time.NewTimer(time.Hour)
			t.Reset(5 * time.Millisecond)
			<-t.C
			return time.Since(began)
		})).To(And(BeNumerically(">=", 5*time.Millisecond), BeNumerically("<", 30*time.Minute)))
	})
	It("timer that is stopped leaves no old time in its channel", func() {
		Expect(check.Gather("times in the channel of a timer that was stopped after it had fired", func() int { // Go 1.23
			t := time.NewTimer(time.Microsecond)
			time.Sleep(5 * time.Millisecond)
			t.Stop()
			return pending(t.C)
		})).To(BeZero())
	})
	It("ticker that is not read keeps one tick and not all", func() {
		Expect(check.Gather("ticks at once after 20 periods", func() int {
			t := time.NewTicker(time.Millisecond)
			defer t.Stop()
			time.Sleep(20 * time.Millisecond)
			return pending(t.C)
		})).To(And(BeNumerically(">=", 1), BeNumerically("<=", 2))) // another may come meanwhile
	})
}

// blockedThreads registers goroutines that are locked to a thread, and stops of all.
func blockedThreads() {
	It("locked thread runs no other goroutine", func() {
		shared := check.Gather("goroutines that ran on a locked thread", func() int { return onLockedThread(200) })
		Expect(shared).To(BeZero())
	})
	It("locked goroutine comes back to its thread after it has waited", func() {
		threads := check.Gather("threads of a locked goroutine that waits 50 times", lockedWaits)
		Expect(threads).To(HaveLen(1))
	})
	It("locked goroutines can be more than processors", func() {
		Expect(check.Gather("locked goroutines of 20 that came to their end", func() int64 { return lockedCrowd(20) })).To(BeEquivalentTo(20))
	})
	It("unlock counts: a goroutine locked twice is locked until it has unlocked twice", func() {
		Expect(check.Gather("threads of a goroutine locked twice and unlocked once", func() int {
			runtime.LockOSThread()
			runtime.LockOSThread()
			runtime.UnlockOSThread()
			defer runtime.UnlockOSThread()
			seen := map[int]bool{}
			for range 100 {
				seen[tid()] = true
				time.Sleep(20 * time.Microsecond)
			}
			return len(seen)
		})).To(Equal(1))
	})
	It("garbage collection stops goroutines that never call", func() {
		check.NeedsPreemption()
		Expect(check.Gather("garbage collections beside goroutines that never call", func() int { return collectionsBeside(runtime.GOMAXPROCS(0)) })).To(Equal(2))
	})
	It("GOMAXPROCS can be changed while goroutines run", func() {
		is := check.Gather("GOMAXPROCS as set and as read, and lost counts", changedProcs)
		Expect(is).To(Equal([]int{1, 1, 3, 3, 2, 2, 0}))
	})
}

// leastLate returns by how much the most punctual of 20 timers was late, by the time that it says it fired at.
func leastLate() time.Duration {
	withProcs(1)
	began := time.Now()
	timers := make([]*time.Timer, 20)
	for i := range timers {
		at := (i * 7) % len(timers) // not made in the order of their times
		timers[at] = time.NewTimer(time.Duration(at+1) * 2 * time.Millisecond)
	}
	least := time.Hour
	for at, t := range timers {
		least = min(least, (<-t.C).Sub(began)-time.Duration(at+1)*2*time.Millisecond)
	}
	return least
}

// collectionsBeside returns how many of two garbage collections end beside n goroutines that loop without calls.
func collectionsBeside(n int) (done int) {
	var stop atomic.Bool
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			for !stop.Load() {
			}
		})
	}
	for range 2 {
		runtime.GC()
		done++
	}
	stop.Store(true)
	all.Wait()
	return done
}

// changedProcs sets GOMAXPROCS while goroutines count, and returns what was set and read, and how many counts were lost.
func changedProcs() (is []int) {
	withProcs(runtime.GOMAXPROCS(0))
	const goroutines, each = 8, 2000
	var sum atomic.Int64
	var all sync.WaitGroup
	for range goroutines {
		all.Go(func() {
			for range each {
				sum.Add(1)
				runtime.Gosched()
			}
		})
	}
	for _, n := range []int{1, 3, 2} {
		runtime.GOMAXPROCS(n)
		is = append(is, n, runtime.GOMAXPROCS(0))
	}
	all.Wait()
	return append(is, goroutines*each-int(sum.Load()))
}

// pending returns how many times are in the channel of a timer or ticker, and takes them out.
func pending(ticks <-chan time.Time) (n int) {
	for {
		select {
		case <-ticks:
			n++
		default:
			return n
		}
	}
}
