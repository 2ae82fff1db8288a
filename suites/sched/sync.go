package sched

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

func locks() {
	It("keeps all but one out", func() {
		var mu sync.Mutex
		var all sync.WaitGroup
		inside, most, count := 0, 0, 0
		for range 8 {
			all.Go(func() {
				for range 2000 {
					mu.Lock()
					inside++
					most = max(most, inside)
					count++
					inside--
					mu.Unlock()
				}
			})
		}
		all.Wait()
		Expect(check.Fact("most inside a lock at once, and entries", []int{most, count})).To(Equal([]int{1, 16000}))
	})
	It("comes round to one who asks rarely", func() {
		var mu sync.Mutex
		var stop atomic.Bool
		DeferCleanup(func() { stop.Store(true) })
		go func() {
			for !stop.Load() {
				mu.Lock()
				time.Sleep(100 * time.Microsecond)
				mu.Unlock()
			}
		}()
		got := make(chan struct{})
		go func() {
			for range 10 {
				time.Sleep(100 * time.Microsecond)
				mu.Lock()
				mu.Unlock() //lint:ignore SA2001 to have had it is enough
			}
			close(got)
		}()
		check.Eventually(func() bool { return check.Fact("who asks rarely got the lock", closed(got)) }).Should(BeTrue())
	})
	It("for writing is not put off by readers without end", func() {
		var mu sync.RWMutex
		var stop atomic.Bool
		DeferCleanup(func() { stop.Store(true) })
		for range 4 {
			go func() {
				for !stop.Load() {
					mu.RLock()
					runtime.Gosched()
					mu.RUnlock()
				}
			}()
		}
		wrote := make(chan struct{})
		go func() {
			mu.Lock()
			defer mu.Unlock()
			close(wrote)
		}()
		check.Eventually(func() bool { return check.Fact("a writer got the lock", closed(wrote)) }).Should(BeTrue())
	})
}

// conditions registers what waits until something has happened.
func conditions() {
	It("condition wakes all who wait", func() {
		var mu sync.Mutex
		turn := sync.NewCond(&mu)
		var waiting, woken atomic.Int64
		open := false
		for range 20 {
			go func() {
				mu.Lock()
				defer mu.Unlock()
				waiting.Add(1)
				for !open {
					turn.Wait()
				}
				woken.Add(1)
			}()
		}
		check.Eventually(func() int64 { return check.Fact("goroutines that wait for a condition", waiting.Load()) }).Should(BeEquivalentTo(20))
		mu.Lock()
		open = true
		turn.Broadcast()
		mu.Unlock()
		check.Eventually(func() int64 { return check.Fact("goroutines that a condition woke", woken.Load()) }).Should(BeEquivalentTo(20))
	})
	It("of once lets one in and the others wait for it", func() {
		var once sync.Once
		var ran, early atomic.Int64
		var done atomic.Bool
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				once.Do(func() {
					time.Sleep(5 * time.Millisecond)
					ran.Add(1)
					done.Store(true)
				})
				if !done.Load() {
					early.Add(1)
				}
			})
		}
		all.Wait()
		Expect(check.Fact("runs of a sync.Once, and who did not wait", []int64{ran.Load(), early.Load()})).To(Equal([]int64{1, 0}))
	})
}

func channels() {
	It("keeps the order and loses nothing, with and without room", func() {
		for _, room := range []int{0, 1, 64} {
			c := make(chan int, room)
			go func() {
				for i := range 5000 {
					c <- i
				}
				close(c)
			}()
			var received []int
			for got := range c {
				received = append(received, got)
			}
			received = check.Fact("values of a channel", received)
			Expect(received).To(HaveLen(5000))
			for want, got := range received {
				if got != want {
					Fail("out of order")
				}
			}
		}
	})
}

// sharedChannels registers channels that several goroutines or cases share.
func sharedChannels() {
	It("among many ready ones is chosen by chance", func() {
		const rounds = 4000
		var ready [4]chan int
		for i := range ready {
			ready[i] = make(chan int, rounds)
			for range rounds {
				ready[i] <- i
			}
		}
		var chosen [4]int
		for range rounds {
			select {
			case i := <-ready[0]:
				chosen[i]++
			case i := <-ready[1]:
				chosen[i]++
			case i := <-ready[2]:
				chosen[i]++
			case i := <-ready[3]:
				chosen[i]++
			}
		}
		chosen = check.Fact("choices of a select", chosen)
		// A fair choice is outside these bounds once in 10^20 runs.
		Expect(slices.Min(chosen[:])).To(BeNumerically(">", rounds/4-rounds/12))
		Expect(slices.Max(chosen[:])).To(BeNumerically("<", rounds/4+rounds/12))
	})
	It("with many senders and receivers carries each value once", func() {
		c := make(chan int64)
		var sum atomic.Int64
		var senders, receivers sync.WaitGroup
		for s := range int64(8) {
			senders.Go(func() {
				for i := range int64(500) {
					c <- s*500 + i
				}
			})
			receivers.Go(func() {
				for v := range c {
					sum.Add(v)
				}
			})
		}
		senders.Wait()
		close(c)
		receivers.Wait()
		Expect(check.Fact("sum of what many sent", sum.Load())).To(BeEquivalentTo(4000 * 3999 / 2))
	})
}

func timers() {
	It("fires after its time, never before", func() {
		for _, d := range []time.Duration{0, 50 * time.Microsecond, 3 * time.Millisecond, 30 * time.Millisecond} {
			start := time.Now()
			<-time.After(d)
			Expect(check.Fact("how much later than set a timer fired", time.Since(start)-d)).To(BeNumerically(">=", 0))
		}
	})
	It("is one of a thousand that all fire", func() {
		var fired atomic.Int64
		for i := range 1000 {
			time.AfterFunc(time.Duration(i%50)*time.Millisecond, func() { fired.Add(1) })
		}
		check.Eventually(func() int64 { return check.Fact("timers of a thousand that fired", fired.Load()) }).Should(BeEquivalentTo(1000))
	})
	It("stopped in time does not fire", func() {
		var fired atomic.Bool
		timer := time.AfterFunc(time.Hour, func() { fired.Store(true) })
		active := []bool{timer.Stop(), timer.Stop(), timer.Reset(time.Millisecond)}
		Expect(check.Fact("a timer was active when stopped, stopped again, reset", active)).To(Equal([]bool{true, false, false}))
		check.Eventually(func() bool { return check.Fact("a timer that was reset fired", fired.Load()) }).Should(BeTrue())
	})
	It("that ticks keeps to the clock, not to its reader", func() {
		ticker := time.NewTicker(10 * time.Millisecond)
		DeferCleanup(ticker.Stop)
		// The first tick may be late by less than a period; later ticks follow the clock nevertheless.
		first := <-ticker.C
		for range 9 {
			<-ticker.C
		}
		last := <-ticker.C
		Expect(check.Fact("from the first tick to the tenth after it", last.Sub(first))).To(BeNumerically(">=", 90*time.Millisecond))
	})
	It("wakes a processor that sleeps", func() {
		withProcs(1)
		start := time.Now()
		time.Sleep(10 * time.Millisecond)
		slept := check.Fact("sleep of 10 ms on one processor", time.Since(start))
		Expect(slept).To(BeNumerically(">=", 10*time.Millisecond)) // that it ends at all is for the spec's deadline
	})
}
