package check

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// EventuallyTimeout returns how long Eventually waits. It is less than a spec's deadline.
func EventuallyTimeout() time.Duration {
	if run.given != nil {
		return 200 * time.Millisecond // a broken fact does not mend itself
	}
	return ScaledTimeout(20 * time.Second)
}

// Eventually is Gomega's, with EventuallyTimeout. If it times out, and this process has meanwhile waited for a processor
// longer than it ran on one, the machine was too busy: the spec ends as an error of the environment, not as a failure.
func Eventually(actual any, args ...any) gomega.AsyncAssertion {
	began := readCPUTimes()
	g := gomega.NewGomega(func(message string, skip ...int) {
		ginkgo.GinkgoHelper()
		if busy := began.starved(readCPUTimes()); busy != nil && run.given == nil {
			Error(*busy)
		}
		ginkgo.Fail(message, skip...)
	})
	return g.Eventually(actual, args...).WithTimeout(EventuallyTimeout())
}

// cpuTimes is how long this process's threads have run on a processor, and have waited for one, up to a moment.
type cpuTimes struct {
	at          time.Time
	ran, waited time.Duration // on a processor, and ready to run without one
	known       bool          // the kernel counts it
}

// readCPUTimes reads /proc/self/task/*/schedstat, Documentation/scheduler/sched-stats.rst. Threads that have ended are not in
// it; the Go runtime ends few.
func readCPUTimes() cpuTimes {
	t := cpuTimes{at: time.Now()}
	files, _ := filepath.Glob("/proc/self/task/*/schedstat")
	for _, name := range files {
		text, err := os.ReadFile(name)
		fields := strings.Fields(string(text))
		if err != nil || len(fields) < 2 {
			continue
		}
		ran, _ := strconv.ParseInt(fields[0], 10, 64)
		waited, _ := strconv.ParseInt(fields[1], 10, 64)
		t.ran, t.waited, t.known = t.ran+time.Duration(ran), t.waited+time.Duration(waited), true
	}
	return t
}

// starved returns a sentence about how busy the machine was between two moments, if it was so busy that a time limit says
// nothing about the subject; nil otherwise. A thread that hangs does not wait for a processor. If the kernel does not count
// these times, the number of tasks that want to run decides.
func (t cpuTimes) starved(now cpuTimes) *record.Sentence {
	passed := now.at.Sub(t.at)
	if t.known && now.known {
		ran, waited := now.ran-t.ran, now.waited-t.waited
		if waited <= ran || waited <= passed/4 {
			return nil
		}
		s := record.Sayf("the machine was too busy to decide: in %v this process ran for %v and waited for a processor for %v",
			"机器过于繁忙，无法判断：%v 内本进程运行 %v，等待处理器 %v", passed.Round(time.Second), ran.Round(time.Second/10), waited.Round(time.Second/10))
		return &s
	}
	text, _ := os.ReadFile("/proc/loadavg")
	load, _, _ := strings.Cut(string(text), " ")
	if tasks, err := strconv.ParseFloat(load, 64); err != nil || tasks <= 2*float64(runtime.NumCPU()) {
		return nil
	}
	s := record.Sayf("the machine was too busy to decide: %s tasks want its %d processors", "机器过于繁忙，无法判断：%s 个任务争用 %d 个处理器", load, runtime.NumCPU())
	return &s
}
