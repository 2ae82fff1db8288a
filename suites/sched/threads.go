package sched

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/ownthread"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// threads registers what holds of threads and of goroutines that are locked to them.
func threads() {
	It("of a locked goroutine stays its own", func() {
		ids := make(chan int, 2)
		var both sync.WaitGroup
		meet := make(chan struct{})
		for range 2 {
			both.Go(func() {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				id := unix.Gettid()
				ids <- id
				<-meet
				for range 100 {
					runtime.Gosched()
					if unix.Gettid() != id {
						ids <- -1
						return
					}
				}
			})
		}
		seen := []int{<-ids, <-ids}
		close(meet)
		both.Wait()
		for len(ids) > 0 {
			seen = append(seen, <-ids)
		}
		seen = check.Fact("threads of two locked goroutines", seen)
		Expect(seen).To(HaveLen(2))
		Expect(seen[0]).NotTo(Equal(seen[1]))
	})
	It("of a goroutine that ends locked ends too", func() {
		var id int
		check.NoError(ownthread.Call(func() error { id = unix.Gettid(); return nil }))
		err := unix.Tgkill(os.Getpid(), os.Getpid(), 0) // signal 0 only looks whether the thread is there: kill(2)
		check.SkipUnlessKernelAnswered(err)
		check.NoError(err)
		check.Eventually(func() error {
			return check.Gather("a signal to the thread of what ended locked", func() error { return unix.Tgkill(os.Getpid(), id, 0) })
		}).Should(MatchError(unix.ESRCH))
	})
}

// spreading registers threads on processors of the specs' choice.
func spreading() {
	It("pinned to a processor runs there, on each in turn", func() {
		for _, p := range check.Gather("processors pinned to, and run on", pinned) {
			Expect(p[1]).To(Equal(p[0]))
		}
	})
	It("set spreads over every processor that it may", func() {
		// The kernel puts a thread on an isolated processor only if the thread's mask says so: isolcpus in kernel-parameters.txt.
		isolated, _ := os.ReadFile("/sys/devices/system/cpu/isolated")
		apart := check.ParseKernelList(string(isolated))
		want := check.Gather("processors that threads may spread over", func() int {
			hostsOwn()
			needsGetcpu()
			return min(runtime.GOMAXPROCS(0), len(slices.DeleteFunc(check.Processors(), func(n int) bool { return slices.Contains(apart, n) })))
		})
		var mu sync.Mutex
		seen := map[uint32]bool{}
		spread := func() int {
			var all sync.WaitGroup
			for range 2 * want {
				all.Go(func() {
					spin(20 * time.Millisecond)
					on, _, _ := where()
					mu.Lock()
					seen[on] = true
					mu.Unlock()
				})
			}
			all.Wait()
			return len(seen)
		}
		if check.Native() {
			check.Eventually(func() int { return check.Gather("processors that threads spread over", spread) }).Should(BeNumerically(">=", want))
			return
		}
		began := time.Now()
		for spread() < want {
			if took := time.Since(began); took > check.EventuallyTimeout() {
				turnsTaken(record.Sayf("threads ran on %d of %d processors in %v", "线程在 %[3]v 内到达 %[1]d/%[2]d 个处理器",
					len(seen), want, took.Round(time.Second)))
			}
		}
	})
}

// pinned runs a thread on each processor in turn, and returns pairs: the processor that the thread was pinned to, and the one
// that it then ran on.
func pinned() (pairs [][2]int) {
	GinkgoHelper()
	hostsOwn()
	needsGetcpu()
	failed := make(chan error, 1)
	may := check.Processors()
	go func() { // a thread of its own, that ends with its mask
		runtime.LockOSThread()
		defer close(failed)
		for _, n := range may {
			var mask unix.CPUSet
			mask.Set(n)
			if err := unix.SchedSetaffinity(0, &mask); err != nil {
				failed <- fmt.Errorf("processor %d: %w", n, err)
				return
			}
			on, _, err := where()
			if err != nil {
				failed <- err
				return
			}
			pairs = append(pairs, [2]int{n, int(on)})
		}
	}()
	err := <-failed
	check.SkipUnlessKernelAnswered(err)
	Expect(err).NotTo(HaveOccurred())
	return pairs
}
