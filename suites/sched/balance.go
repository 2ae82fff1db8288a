package sched

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/rerun"
)

// spread is what busy goroutines have done: turns of each, on each processor, and how often one went on on another processor.
type spread struct {
	Turns      []int64       // by goroutine
	Processors map[int]int64 // turns by processor
	Moves      int64
	Beside     int64 // what others did meanwhile
}

// turnLength is the CPU time of one turn. The runtime takes a goroutine's processor away after 10 ms.
const turnLength = 2 * time.Millisecond

// spreadOf keeps n goroutines busy until the process has used CPU time d, and returns what they have done.
func spreadOf(n int, d time.Duration) spread {
	s := spread{Turns: make([]int64, n), Processors: map[int]int64{}}
	end, late := check.CPUTime()+d, time.Now().Add(check.EventuallyTimeout())
	var mu sync.Mutex
	var moves atomic.Int64
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			mine, last := map[int]int64{}, -1
			for check.CPUTime() < end && time.Now().Before(late) {
				busy(turnLength)
				on, _, _ := where()
				if last >= 0 && last != int(on) {
					moves.Add(1)
				}
				last = int(on)
				mine[last]++
				s.Turns[i]++
			}
			mu.Lock()
			defer mu.Unlock()
			for processor, turns := range mine {
				s.Processors[processor] += turns
			}
		})
	}
	all.Wait()
	s.Moves = moves.Load()
	return s
}

// busy computes for a time without calls into the kernel.
func busy(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
	}
}

// values returns the values of a map.
func values(m map[int]int64) (all []int64) {
	for _, v := range m {
		all = append(all, v)
	}
	return all
}

func balances() {
	It("of two busy goroutines for each processor is even", func() {
		shares := check.Gather("turns of two goroutines for each processor", func() []int64 { return seenSpread(2).Turns })
		Expect(slices.Min(shares)).To(BeNumerically(">", 0))
		Expect(jain(shares)).To(BeNumerically(">", 0.5), "%v", shares)
	})
	It("of busy goroutines leaves no processor out", func() {
		used := check.Gather("processors that two goroutines for each ran on, and processors there are", func() []int {
			needsGetcpu()
			hostsOwn()
			var seen map[int]int64
			check.Eventually(func() int {
				seen = spreadOf(2*runtime.GOMAXPROCS(0), 200*time.Millisecond).Processors
				return len(seen)
			}).
				Should(BeNumerically(">=", runtime.GOMAXPROCS(0)))
			return []int{len(seen), runtime.GOMAXPROCS(0)}
		})
		Expect(used[0]).To(BeNumerically(">=", used[1]))
	})
	It("of 64 busy goroutines is even, among them and over processors", check.Deep(), check.Within(2*time.Minute), func() {
		s := check.Gather("spread of 64 busy goroutines", func() spread {
			notTurns()
			return spreadOf(64, 64*100*time.Millisecond)
		})
		check.ObserveDiffers("fairness of 64 goroutines, and over processors", []float64{jain(s.Turns), jain(values(s.Processors))}, record.Say("machines differ", "各机器不同"))
		Expect(slices.Min(s.Turns)).To(BeNumerically(">", 0))
		Expect(jain(s.Turns)).To(BeNumerically(">", 0.6))
		Expect(jain(values(s.Processors))).To(BeNumerically(">", 0.6), "turns by processor: %v", s.Processors)
	})
	It("lets goroutines go on on other processors", func() {
		Expect(check.Gather("goroutines that went on on another processor", func() int64 {
			needsGetcpu()
			if runtime.GOMAXPROCS(0) < 2 {
				check.Skip(record.Say("there is only one processor", "只有一个处理器"))
			}
			var moves int64
			check.Eventually(func() int64 { moves = spreadOf(3*runtime.GOMAXPROCS(0), 200*time.Millisecond).Moves; return moves }).Should(BeNumerically(">", 0))
			return moves
		})).To(BeNumerically(">", 0))
	})
	It("takes a goroutine from the queue of a busy processor", func() {
		check.Eventually(func() time.Duration {
			return check.Gather("time until a goroutine of a busy processor was taken", stealTime)
		}).
			Should(BeNumerically("<", time.Second))
	})
	It("beside a process that is always busy leaves about half of a processor", func(ctx SpecContext) {
		used := check.Gather("CPU seconds beside a busy process on the same processor, and its own", func() []float64 { return besideNeighbour(ctx) })
		Expect(used[0]).To(BeNumerically(">", used[1]/4))
	})
	It("over NUMA nodes leaves none out", func() {
		is := check.Gather("nodes that goroutines ran on, and nodes with processors of this process", nodesUsed)
		Expect(is[0]).To(BeNumerically(">=", is[1]))
	})
}

// notTurns skips the spec where processors are emulated: they take turns on real ones.
func notTurns() {
	GinkgoHelper()
	needsGetcpu()
	if !check.Native() {
		check.Skip(record.Say("emulated processors share real ones: this says nothing about the scheduler", "模拟的处理器轮流运行，无法据此判断调度器"))
	}
}

// seenSpread is the spread of some goroutines for each processor.
func seenSpread(each int) spread {
	GinkgoHelper()
	notTurns()
	n := each * runtime.GOMAXPROCS(0)
	return spreadOf(n, time.Duration(n)*60*time.Millisecond)
}

// stealTime returns how long it takes until a goroutine that a busy goroutine has made ready runs on another processor.
func stealTime() time.Duration {
	if runtime.GOMAXPROCS(0) < 2 {
		check.Skip(record.Say("there is only one processor", "只有一个处理器"))
	}
	made, ran := time.Now(), make(chan time.Duration, 1)
	go func() { ran <- time.Since(made) }()
	for end := time.Now().Add(2 * time.Second); len(ran) == 0 && time.Now().Before(end); { // busy, and in no queue
	}
	return <-ran
}

// besideNeighbour returns the CPU time that a process and a busy neighbour have used at the same time on the same processor.
func besideNeighbour(ctx context.Context) []float64 {
	GinkgoHelper()
	notTurns()
	on := mayUse()[:1]
	both, end := context.WithCancel(ctx)
	defer end()
	neighbour := rerun.Start(both, rerun.Options{Item: "sched", Spec: "neighbour", Processors: on})
	for rerun.Used(neighbour) < 100*time.Millisecond { // it has to start
		time.Sleep(5 * time.Millisecond)
	}
	before := rerun.Used(neighbour)
	r := inProcess(ctx, "own use", rerun.Options{Processors: on})
	other := rerun.Used(neighbour) - before
	end()
	_ = neighbour.Wait()
	return []float64{r.Number("used seconds"), min(other.Seconds(), r.Number("wall seconds"))}
}

// nodesUsed returns how many NUMA nodes goroutines ran on, and how many have processors of this process.
func nodesUsed() []int {
	GinkgoHelper()
	all := nodes()
	has := map[int]bool{}
	for node, processors := range all {
		for _, p := range check.Processors() {
			if slices.Contains(processors, p) {
				has[node] = true
			}
		}
	}
	var seen map[int]bool
	check.Eventually(func() int {
		seen = map[int]bool{}
		for processor := range spreadOf(2*runtime.GOMAXPROCS(0), 100*time.Millisecond).Processors {
			for node, processors := range all {
				if slices.Contains(processors, processor) {
					seen[node] = true
				}
			}
		}
		return len(seen)
	}).Should(BeNumerically(">=", min(len(has), runtime.GOMAXPROCS(0))))
	return []int{len(seen), min(len(has), runtime.GOMAXPROCS(0))}
}

// tid is the calling thread's number.
func tid() int { return unix.Gettid() }
