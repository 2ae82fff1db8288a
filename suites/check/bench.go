package check

import (
	"errors"
	"flag"
	"runtime"
	"runtime/debug"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Benchmark measures body as `go test -bench` does and records samples: time in ns/op, CPU time in cpu-ns/op, and MB/s if body
// calls b.SetBytes. On native targets these are five samples of 100 ms. Other targets run the operation once: their samples
// are never compared, so the benchmark only shows that the code runs. If body calls Fatal, the spec ends as an error.
func Benchmark(name string, body func(b *testing.B)) { BenchmarkAs(record.Sample{Name: name}, body) }

// BenchmarkAs is Benchmark for samples with more fields than a name, such as a reference or a code path.
func BenchmarkAs(about record.Sample, body func(b *testing.B)) {
	benchmark(func() { recordMeasurement(about, sampleOnce(about.Name, body)) })
}

// BenchmarkEach is Benchmark for an operation on n things at once: for a fetch of n rows it records ns/row, cpu-ns/row and
// allocs/row.
func BenchmarkEach(name string, n int, thing string, body func(b *testing.B)) {
	benchmark(func() {
		m := sampleOnce(name, body)
		about := record.Sample{Name: name, N: m.N * n}
		each := func(all float64, unit string) {
			recordSample(about, all/float64(about.N), unit+"/"+thing, record.Lower)
		}
		each(float64(m.T.Nanoseconds()), "ns")
		each(float64(m.cpu.Nanoseconds()), "cpu-ns")
		each(float64(m.MemAllocs), "allocs")
	})
}

// benchmark calls once for each sample: five times on native targets, else once.
func benchmark(once func()) {
	count, each := 5, "100ms"
	if Native() {
		defer smallHeap()()
	} else {
		count, each = 1, "1x"
	}
	testing.Init()
	if err := flag.Set("test.benchtime", each); err != nil {
		Error(record.Sayf("cannot set the benchmark's time: %v", "无法设置基准测试时间：%v", err))
	}
	for range count {
		once()
	}
}

// minHeap is how large a Go process's heap may become before its first garbage collection, with GOGC=100.
const minHeap = 4 << 20

// smallHeap makes garbage collections as frequent as in a process of `go test -bench`, which has nothing but the benchmark on
// its heap: a payload also has its suite's specs there. Without it, code that allocates was measured 10 to 15 % faster with
// specs of 4 MiB, and 1 % slower with more of them. The returned function restores GOGC.
func smallHeap() (undo func()) {
	holds := heapInUse()
	was := debug.SetGCPercent(-1)
	debug.SetGCPercent(scaledGCPercent(was, holds, min(run.emptyHeap, holds)))
	return func() { debug.SetGCPercent(was) }
}

// heapInUse runs a garbage collection and returns how many bytes are in use on the heap afterwards.
func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// scaledGCPercent returns the GOGC with which a process with holds bytes in use allocates as much between two garbage
// collections as a process with only bare bytes in use does with GOGC=percent. The runtime's goal is the larger one of percent
// on top of the bytes in use, and percent of minHeap.
func scaledGCPercent(percent int, holds, bare uint64) int {
	if percent <= 0 {
		return percent
	}
	p := float64(percent) / 100
	room := max(p*minHeap-float64(bare), p*float64(bare))
	return max(int(100*min(room/float64(holds), (float64(holds)+room)/minHeap)), 1)
}

// measurement is the result of one run of a benchmark.
type measurement struct {
	testing.BenchmarkResult
	cpu time.Duration
}

// failure is the error that Fatal was last called with.
var failure error

// Fatal ends a benchmark, and its spec as an error with the reason err: testing.Benchmark does not show the message of b.Fatal.
func Fatal(b *testing.B, err error) {
	b.Helper()
	failure = err
	b.FailNow()
}

// loopTime is the CPU time at the start and the end of a benchmark's loop. If body does not call AfterLoop, to is 0.
var loopTime struct{ from, to time.Duration }

// BeforeLoop ends the set-up of a benchmark's body. It must be called right before `for b.Loop()`, whose first iteration resets
// the timer. Without it the CPU time would include the set-up, and the time would not.
func BeforeLoop(b *testing.B) {
	b.Helper()
	loopTime.from = CPUTime()
}

// AfterLoop begins the clean-up of a benchmark's body. It must be called right behind the loop, whose end stops the timer.
func AfterLoop(b *testing.B) {
	b.Helper()
	loopTime.to = CPUTime()
}

// sampleOnce runs body once, as often as fills the benchmark's time.
func sampleOnce(name string, body func(b *testing.B)) measurement {
	var m measurement
	failure = errors.New("no reason given")
	m.BenchmarkResult = testing.Benchmark(func(b *testing.B) {
		loopTime.from, loopTime.to = CPUTime(), 0
		body(b)
		if loopTime.to == 0 {
			AfterLoop(b)
		}
		m.cpu = loopTime.to - loopTime.from // testing.Benchmark calls it several times, and the last call counts
	})
	if m.N == 0 {
		Error(record.Sayf("benchmark %s failed: %v", "基准测试 %s 失败：%v", name, failure))
	}
	return m
}

// recordMeasurement records the samples of an operation.
func recordMeasurement(about record.Sample, m measurement) {
	about.N = m.N
	perOp := float64(m.T.Nanoseconds()) / float64(m.N)
	recordSample(about, perOp, "ns/op", record.Lower)
	recordSample(about, float64(m.cpu.Nanoseconds())/float64(m.N), "cpu-ns/op", record.Lower)
	if m.Bytes > 0 {
		recordSample(about, float64(m.Bytes)*1e3/perOp, "MB/s", record.Higher)
	}
}

func recordSample(s record.Sample, value float64, unit string, better record.Better) {
	s.Value, s.Unit, s.Better = value, unit, better
	Sample(s)
}

// CPUTime returns the user and system time that this process has used; 0 if the kernel does not say.
func CPUTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
