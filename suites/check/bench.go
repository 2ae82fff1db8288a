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

// Benchmark measures body as `go test -bench` does and records samples of it: ns/op, CPU time as cpu-ns/op, and
// MB/s where body calls b.SetBytes. Native targets give five samples of 100 ms. Others run the operation once: what they
// would measure is never compared, so it only has to show that the code runs.
func Benchmark(name string, body func(b *testing.B)) { BenchmarkAs(record.Sample{Name: name}, body) }

// BenchmarkAs is Benchmark for samples that say more of themselves than a name: a reference, a code path.
func BenchmarkAs(about record.Sample, body func(b *testing.B)) {
	benchmark(func() { whole(about, sampleOnce(about.Name, body)) })
}

// BenchmarkEach is Benchmark for an operation on n things at once: a fetch of n rows gives ns/row, cpu-ns/row and
// allocs/row.
func BenchmarkEach(name string, n int, thing string, body func(b *testing.B)) {
	benchmark(func() {
		m := sampleOnce(name, body)
		about := record.Sample{Name: name, N: m.N * n}
		each := func(all float64, unit string) { sampled(about, all/float64(about.N), unit+"/"+thing, record.Lower) }
		each(float64(m.T.Nanoseconds()), "ns")
		each(float64(m.cpu.Nanoseconds()), "cpu-ns")
		each(float64(m.MemAllocs), "allocs")
	})
}

// benchmark takes as many samples as the target is to give.
func benchmark(once func()) {
	count, each := 5, "100ms"
	if Native() {
		defer smallHeap()()
	} else {
		count, each = 1, "1x"
	}
	testing.Init()
	if err := flag.Set("test.benchtime", each); err != nil {
		Broken(record.Sayf("cannot set the benchmark's time: %v", "无法设置基准测试时间：%v", err))
	}
	for range count {
		once()
	}
}

// minHeap is how large a Go process's heap may become before its first garbage collection, with GOGC=100.
const minHeap = 4 << 20

// smallHeap has garbage collected as often as in a process of the same program that holds nothing but the benchmark, as
// one of `go test -bench` does: a payload holds its suite's specs besides. With the goal that comes of that by itself,
// code that allocates came out 10 to 15 % faster where they fill the least heap, and 1 % slower where they do not. The
// function that it returns undoes it.
func smallHeap() (undo func()) {
	holds := held()
	was := debug.SetGCPercent(-1)
	debug.SetGCPercent(percentFor(was, holds, min(run.bare, holds)))
	return func() { debug.SetGCPercent(was) }
}

// held is how many bytes are left on the heap by a garbage collection.
func held() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// percentFor is the GOGC that gives a process that holds so many bytes the room which percent gives to one that holds only
// bare: what it may allocate from one collection to the next. The goal is the larger of percent of what is held on top of
// that, and percent of minHeap.
func percentFor(percent int, holds, bare uint64) int {
	if percent <= 0 {
		return percent
	}
	p := float64(percent) / 100
	room := max(p*minHeap-float64(bare), p*float64(bare))
	return max(int(100*min(room/float64(holds), (float64(holds)+room)/minHeap)), 1)
}

// measured is what one sample was computed from.
type measured struct {
	testing.BenchmarkResult
	cpu time.Duration
}

// failure is why Fatal ended the benchmark that runs.
var failure error

// Fatal ends a benchmark, and its spec with err: testing.Benchmark keeps what b.Fatal says to itself.
func Fatal(b *testing.B, err error) {
	b.Helper()
	failure = err
	b.FailNow()
}

// timed is the processor time at both ends of what a benchmark's body has timed, as far as it said.
var timed struct{ from, to time.Duration }

// Begin ends a body's set-up: it stands right before `for b.Loop()`, whose first turn resets the timer. Without it the
// processor time would be that of more work than the time is.
func Begin(b *testing.B) {
	b.Helper()
	timed.from = CPUTime()
}

// End begins what a body does when it is measured: it stands right behind the loop, whose end stops the timer.
func End(b *testing.B) {
	b.Helper()
	timed.to = CPUTime()
}

// sampleOnce runs body once, as often as fills the benchmark's time.
func sampleOnce(name string, body func(b *testing.B)) measured {
	var m measured
	failure = errors.New("it says no more")
	m.BenchmarkResult = testing.Benchmark(func(b *testing.B) {
		timed.from, timed.to = CPUTime(), 0
		body(b)
		if timed.to == 0 {
			End(b)
		}
		m.cpu = timed.to - timed.from // the last call's, which is the one that counts
	})
	if m.N == 0 {
		Broken(record.Sayf("benchmark %s failed: %v", "基准测试 %s 失败：%v", name, failure))
	}
	return m
}

// whole records what an operation took.
func whole(about record.Sample, m measured) {
	about.N = m.N
	perOp := float64(m.T.Nanoseconds()) / float64(m.N)
	sampled(about, perOp, "ns/op", record.Lower)
	sampled(about, float64(m.cpu.Nanoseconds())/float64(m.N), "cpu-ns/op", record.Lower)
	if m.Bytes > 0 {
		sampled(about, float64(m.Bytes)*1e3/perOp, "MB/s", record.Higher)
	}
}

func sampled(s record.Sample, value float64, unit string, better record.Better) {
	s.Value, s.Unit, s.Better = value, unit, better
	Sample(s)
}

// CPUTime is user and system time of this process.
func CPUTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
