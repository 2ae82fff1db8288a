// Package workload has programs in small that allocate as services do, and measures what the garbage collector costs them.
//
// A workload keeps a fixed amount of memory in use and does operations, of which each allocates the same amount. As many
// goroutines as there are processors do operations until the process has used a fixed amount of CPU time, so that the collector
// has no idle processor to itself: that is what it costs a server under full load.
package workload

import (
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/gc/meter"
)

// Workload is one kind of program.
type Workload struct {
	Name string
	What record.Sentence
	Live uint64 // about how many bytes stay in use

	// start allocates what stays in use, and returns the program.
	start func() program
}

// program is a workload that runs.
type program interface {
	// operation does one operation of a worker and returns a number that depends on what it has read: 0 if nothing is lost.
	operation(worker, n int) (wrong int)
	// stop ends what the program has started, and returns how much of what must be in use is lost.
	stop() (lost int)
}

// All are the workloads, the default first.
var All = []Workload{
	{"request", record.Say("requests that decode a message, change a session and encode an answer; sessions take about 22 MiB", "请求/响应：解码报文、修改会话、编码应答；会话约占 22 MiB"), 22 << 20, startRequests},
	{"heap", record.Say("a cache of 48 MiB of small objects, of which some are replaced", "大存活堆：48 MiB 小对象缓存，部分不断被替换"), 48 << 20, startHeap},
	{"tree", record.Say("binary trees that are built and dropped, beside one that stays", "指针密集：不断建立并丢弃二叉树，另有一棵常驻"), 16 << 20, startTrees},
	{"buffers", record.Say("buffers of 64 KiB to 1 MiB without pointers", "大 []byte 缓冲区：64 KiB 至 1 MiB，无指针"), 24 << 20, startBuffers},
	{"goroutines", record.Say("requests through channels to one of 4000 goroutines with deep stacks", "大量 goroutine：经通道将请求发给 4000 个深栈 goroutine 之一"), 64 << 20, startGoroutines},
	{"finalizers", record.Say("objects with clean-ups and weak pointers", "终结器与弱指针：带清理函数和弱指针的对象"), 2 << 20, startFinalizers},
	{"mmap", record.Say("requests beside 64 MiB that the program has mapped itself", "mmap 密集：请求处理之外自行映射 64 MiB"), 22 << 20, startMapped},
	{"compute", record.Say("hashes, with one small allocation each", "计算：每次散列只分配少量内存"), 1 << 20, startCompute},
}

// Find returns the workload with a name, and whether there is one.
func Find(name string) (Workload, bool) {
	i := slices.IndexFunc(All, func(w Workload) bool { return w.Name == name })
	if i < 0 {
		return Workload{}, false
	}
	return All[i], true
}

// Names are the names of all workloads.
func Names() (names []string) {
	for _, w := range All {
		names = append(names, w.Name)
	}
	return names
}

// Cost is what a workload has cost.
type Cost struct {
	meter.Counts
	Operations int
	Latency    Latencies
	Wall, Used time.Duration // Used is the CPU time of the process
	Live       uint64        // bytes in use after the last cycle
	Held       uint64        // the most bytes that the runtime held; 0 if it was not asked often enough
	Resident   uint64        // peak in bytes; 0 if the kernel does not tell
	Spiral     bool          // the collector gave up GOMEMLIMIT for a while, as it would have used more than half of the CPU time
	Lost       int           // what the collector took although it was in use
}

// Run runs the workload until the process has used CPU time d for each processor, at most ten times as long, and measures it.
func (w Workload) Run(d time.Duration) Cost {
	p := w.start()
	runtime.GC() // the first cycle of the measurement has the goal of later ones
	meter.ForgetPeak()
	workers := runtime.GOMAXPROCS(0)
	warm := work(p, workers, d/8)
	meter.CountAll()
	before, began, used := meter.Read(), time.Now(), check.CPUTime()
	spirals := meter.Figure(meter.Limited)
	watch := watchHeld()
	done := work(p, workers, d)
	cost := Cost{Operations: done.count, Latency: done.latencies, Wall: time.Since(began), Used: check.CPUTime() - used, Held: watch()}
	meter.CountAll()
	cost.Counts = meter.Read().Since(before)
	cost.Live, cost.Spiral = meter.Figure(meter.Live), meter.Figure(meter.Limited) != spirals
	cost.Resident = meter.Peak()
	cost.Lost = p.stop() + done.wrong + warm.wrong
	return cost
}

// watchHeld starts to look how much memory the runtime holds; the returned function ends that and returns the most.
func watchHeld() (end func() uint64) {
	var most uint64
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		for tick := time.NewTicker(2 * time.Millisecond); ; {
			most = max(most, meter.Held())
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
			}
		}
	})
	return func() uint64 { close(done); watch.Wait(); return most }
}

// batch is how many operations a worker does before it looks at the clock of CPU time, which is a system call.
const batch = 16

// result is what workers have done.
type result struct {
	count, wrong int
	latencies    Latencies
}

// work has workers do operations until the process has used CPU time d for each of them, at most ten times as long.
func work(p program, workers int, d time.Duration) (sum result) {
	end, late := check.CPUTime()+d*time.Duration(workers), time.Now().Add(10*d)
	results := make([]result, workers)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() {
			r := &results[i]
			for last := time.Now(); ; {
				for range batch {
					r.wrong += p.operation(i, r.count)
					now := time.Now()
					r.latencies.add(now.Sub(last))
					last = now
					r.count++
				}
				if check.CPUTime() > end || last.After(late) {
					return
				}
				last = time.Now()
			}
		})
	}
	all.Wait()
	for i := range results {
		sum.count += results[i].count
		sum.wrong += results[i].wrong
		sum.latencies.merge(&results[i].latencies)
	}
	return sum
}

// PerOperation returns the CPU time of an operation in nanoseconds.
func (c *Cost) PerOperation() float64 {
	return float64(c.Used.Nanoseconds()) / float64(max(c.Operations, 1))
}
