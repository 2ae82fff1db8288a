package sched

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/rerun"
)

// inProcess runs a spec of againSpecs in another process.
func inProcess(ctx context.Context, spec string, o rerun.Options) *rerun.Result {
	GinkgoHelper()
	o.Item, o.Spec = "sched", spec
	return rerun.Spec(ctx, o).Done()
}

func againSpecs() {
	It("processors", func() {
		rerun.Tell("GOMAXPROCS", runtime.GOMAXPROCS(0))
		rerun.Tell("NumCPU", runtime.NumCPU())
	})
	It("work", func() {
		w := workFor(600 * time.Millisecond)
		rerun.Tell("GOMAXPROCS", runtime.GOMAXPROCS(0))
		rerun.Tell("processors used", w.used)
		rerun.Tell("seconds", w.wall.Seconds())
		rerun.Tell("p99 seconds", w.p99.Seconds())
	})
	It("fixed work", func() {
		w, complete := fixedWork(600 * time.Millisecond)
		rerun.Tell("complete", complete)
		rerun.Tell("GOMAXPROCS", runtime.GOMAXPROCS(0))
		rerun.Tell("processors used", w.used)
		rerun.Tell("seconds", w.wall.Seconds())
		rerun.Tell("p99 seconds", w.p99.Seconds())
	})
	It("spread of four", func() { rerun.Tell("spread", spreadOf(4, 240*time.Millisecond)) })
}

// againElsewhere registers those whose processors or neighbours are others than those of the process that starts them.
func againElsewhere() {
	It("processors run on", func() {
		needsGetcpu()
		var mu sync.Mutex
		seen := map[int]bool{}
		var all sync.WaitGroup
		for range 4 * runtime.GOMAXPROCS(0) {
			all.Go(func() {
				for range 5 {
					spin(2 * time.Millisecond)
					on, _, _ := where()
					mu.Lock()
					seen[int(on)] = true
					mu.Unlock()
				}
			})
		}
		all.Wait()
		var list []int
		for n := range seen {
			list = append(list, n)
		}
		slices.Sort(list)
		rerun.Tell("processors", list)
	})
	It("mask that changes", func() {
		before := runtime.GOMAXPROCS(0)
		var one unix.CPUSet
		one.Set(check.Processors()[0])
		for _, name := range check.KernelDir("/proc/self/task") {
			if id, err := strconv.Atoi(name); err == nil {
				_ = unix.SchedSetaffinity(id, &one) // a thread may have ended
			}
		}
		for end := time.Now().Add(check.ScaledTimeout(15 * time.Second)); runtime.GOMAXPROCS(0) != 1 && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
		rerun.Tell("GOMAXPROCS", []int{before, runtime.GOMAXPROCS(0)})
	})
	It("neighbour", func() { // until the other process ends it
		for {
			spin(100 * time.Millisecond)
			if os.Getppid() == 1 {
				return
			}
		}
	})
	It("own use", func() {
		const share = 300 * time.Millisecond
		began, used := time.Now(), check.CPUTime()
		for time.Since(began) < share {
			spin(time.Millisecond)
		}
		rerun.Tell("used seconds", (check.CPUTime() - used).Seconds())
		rerun.Tell("wall seconds", time.Since(began).Seconds())
	})
}

// worked is what work has used.
type worked struct {
	wall, p99 time.Duration
	used      float64 // processors: CPU time for each second
}

// taskTime is the CPU time of a task.
const taskTime = time.Millisecond

// workFor keeps every processor busy with tasks for a time.
func workFor(d time.Duration) worked {
	end := time.Now().Add(d)
	return doTasks(func() bool { return time.Now().After(end) })
}

// fixedWork does tasks that take the CPU time d altogether, or as many of them as it gets done in twelve times that.
func fixedWork(d time.Duration) (w worked, complete bool) {
	var left atomic.Int64
	left.Store(int64(d / taskTime))
	end := time.Now().Add(12 * d)
	w = doTasks(func() bool { return time.Now().After(end) || left.Add(-1) < 0 })
	return w, left.Load() < 0
}

// doTasks has four goroutines for each processor do tasks until done returns true.
func doTasks(done func() bool) worked {
	began, used := time.Now(), check.CPUTime()
	times := make([][]time.Duration, 4*runtime.GOMAXPROCS(0))
	var all sync.WaitGroup
	for i := range times {
		all.Go(func() {
			for !done() {
				start := time.Now()
				spin(taskTime)
				times[i] = append(times[i], time.Since(start))
			}
		})
	}
	all.Wait()
	wall := time.Since(began)
	together := slices.Sorted(slices.Values(slices.Concat(times...)))
	w := worked{wall: wall, used: (check.CPUTime() - used).Seconds() / wall.Seconds()}
	if len(together) > 0 {
		w.p99 = together[len(together)*99/100]
	}
	return w
}

// text writes a number of processors for a name.
func text(processors float64) string { return fmt.Sprintf("%g", processors) }
