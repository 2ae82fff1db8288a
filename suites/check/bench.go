package check

import (
	"flag"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Benchmark measures body as `go test -bench` does and records samples of it: ns/op, CPU time as cpu-ns/op, and
// MB/s where body calls b.SetBytes. Native targets give five samples of 100 ms, others one of 50 ms, which is never
// compared: it only shows that the code runs.
func Benchmark(name string, body func(b *testing.B)) {
	count, each := 5, 100*time.Millisecond
	if run.options.Launch.Provenance != record.Native {
		count, each = 1, 50*time.Millisecond
	}
	testing.Init()
	if err := flag.Set("test.benchtime", each.String()); err != nil {
		Broken(record.Sayf("cannot set the benchmark's time: %v", "无法设置基准测试时间：%v", err))
	}
	for range count {
		sampleOnce(name, body)
	}
}

// sampleOnce runs body once, as often as fills the benchmark's time, and records what came out.
func sampleOnce(name string, body func(b *testing.B)) {
	var cpu time.Duration
	r := testing.Benchmark(func(b *testing.B) {
		before := cpuTime()
		body(b)
		cpu = cpuTime() - before // the last call's, which is the one that counts
	})
	if r.N == 0 {
		Broken(record.Sayf("benchmark %s failed", "基准测试 %s 失败", name))
	}
	perOp := float64(r.T.Nanoseconds()) / float64(r.N)
	Sample(record.Sample{Name: name, Value: perOp, Unit: "ns/op", Better: record.Lower, N: r.N})
	Sample(record.Sample{Name: name, Value: float64(cpu.Nanoseconds()) / float64(r.N), Unit: "cpu-ns/op",
		Better: record.Lower, N: r.N})
	if r.Bytes > 0 {
		Sample(record.Sample{Name: name, Value: float64(r.Bytes) * 1e3 / perOp, Unit: "MB/s",
			Better: record.Higher, N: r.N})
	}
}

// cpuTime is user and system time of this process.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
