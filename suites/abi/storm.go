package abi

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// interruption is a kind of interruption that comes again and again. start begins it and skips the spec where it cannot come; end waits
// until it is over, and returns how often it came.
type interruption struct {
	name  string
	start func() (end func() int)
}

// interrupted is a computation whose results a signal must not change. once returns how many of them were wrong.
type interrupted struct {
	name string
	once func() (wrong int)
}

// stormSeen is how often something came while a computation ran again and again, and how many of its results were wrong.
type stormSeen struct{ Came, Wrong int }

var interruptions = []interruption{
	{"SIGPROF", startProfile},
	{"stops of the world", startStops},
	{"signals for os/signal", startNotified},
}

func computations() []interrupted {
	want := inRegisters()
	return []interrupted{
		{"registers", func() int { return count(inRegisters() != want) }},
		{"stacks that grow and shrink", func() int {
			return inNewStack(func() int { zero := 0; return wideFrames(30) + count(through(500, &zero) != 501) })
		}},
		{"messages of channels", func() int { return count(sumOfMessages(200) != 199*200/2) }},
		{"maps that grow", func() int { return wrongInMap(500) }},
	}
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// sumOfMessages returns the sum of the numbers below n, each of which goes through two channels.
func sumOfMessages(n int) (sum int) {
	first, second := make(chan int), make(chan int, 3)
	go func() {
		defer close(first)
		for i := range n {
			first <- i
		}
	}()
	go func() {
		defer close(second)
		for i := range first {
			second <- i
		}
	}()
	for i := range second {
		sum += i
	}
	return sum
}

// wrongInMap fills a map with pointers to n numbers, and returns how many of them it does not find again.
func wrongInMap(n int) (wrong int) {
	all := map[string]*int{}
	for i := range n {
		all[strconv.Itoa(i)] = &i
	}
	for i := range n {
		if p := all[strconv.Itoa(i)]; p == nil || *p != i {
			wrong++
		}
	}
	return wrong
}

// over runs a computation in several goroutines while the interruption comes, until the process has used some CPU time.
func (k interruption) over(c interrupted, used time.Duration) stormSeen {
	GinkgoHelper()
	end := k.start()
	until := check.CPUTime() + used
	var wrong atomic.Int64
	together(max(2, runtime.GOMAXPROCS(0)), func(int) {
		for again := true; again; again = check.CPUTime() < until {
			wrong.Add(int64(c.once()))
		}
	})
	return stormSeen{Came: end(), Wrong: int(wrong.Load())}
}

// startStops stops the world again and again: the runtime interrupts each running goroutine by SIGURG.
func startStops() (end func() int) {
	GinkgoHelper()
	check.NeedsPreemption()
	return again(func() int {
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		time.Sleep(20 * time.Microsecond)
		return 1
	})
}

// startNotified sends SIGUSR2, which os/signal waits for, to every thread.
func startNotified() (end func() int) {
	GinkgoHelper()
	came := make(chan os.Signal, 1)
	signal.Notify(came, unix.SIGUSR2)
	stop := toThreads(unix.SIGUSR2)
	return func() int { defer signal.Stop(came); return stop() }
}

// startProfile sends SIGPROF to every thread while a profile is taken: its handler walks the stack that it interrupts.
func startProfile() (end func() int) {
	GinkgoHelper()
	var out bytes.Buffer
	if err := pprof.StartCPUProfile(&out); err != nil {
		check.Skip(record.Sayf("another profile is being taken: %v", "正在采集另一份剖析数据：%v", err))
	}
	stop := toThreads(unix.SIGPROF)
	return func() int {
		sent := stop()
		pprof.StopCPUProfile()
		if r, err := gzip.NewReader(&out); err == nil {
			if raw, err := io.ReadAll(r); err == nil && strings.Contains(string(raw), "suites/abi.") {
				return sent
			}
		}
		return 0 // no handler saw this package's functions
	}
}

// toThreads sends a signal to each thread of this process, again and again.
func toThreads(number unix.Signal) (end func() int) {
	GinkgoHelper()
	check.NeedsKernel(record.Say("its threads are the host's", "线程属于宿主机"))
	check.KernelDir("/proc/self/task")
	process := os.Getpid()
	return again(func() (sent int) {
		list, _ := os.ReadDir("/proc/self/task")
		for _, entry := range list {
			if thread, err := strconv.Atoi(entry.Name()); err == nil && unix.Tgkill(process, thread, number) == nil {
				sent++
			}
		}
		time.Sleep(50 * time.Microsecond)
		return sent
	})
}

// again calls body in a goroutine until end is called, which returns the sum of what body returned.
func again(body func() int) (end func() int) {
	var done atomic.Bool
	ended := make(chan int)
	go func() {
		sum := body()
		for !done.Load() {
			sum += body()
		}
		ended <- sum
	}()
	return func() int { done.Store(true); return <-ended }
}

const shortStormTime, longStormTime = 100 * time.Millisecond, 10 * time.Second

func storms() {
	one := func(text string, k interruption, c interrupted, used time.Duration, marks ...any) {
		It(text, append(marks, func() {
			seen := check.Gather("wrong results: "+text, func() stormSeen { return k.over(c, used) })
			Expect(seen.Came).To(BeNumerically(">", 0), k.name)
			Expect(seen.Wrong).To(BeZero(), "after %d interruptions", seen.Came)
		})...)
	}
	for _, k := range interruptions {
		for _, c := range computations() {
			text := "of " + k.name + " does not change " + c.name
			one(text, k, c, shortStormTime)
			one(text+", for ten seconds of CPU time", k, c, longStormTime, check.Deep(), check.Within(5*time.Minute))
		}
	}
}
