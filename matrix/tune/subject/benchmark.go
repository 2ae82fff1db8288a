package subject

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/xcmatrix/xcmatrix/drivers/child"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/tuning"
)

// Benchmark is a benchmark of a user's module.
type Benchmark struct {
	binary, dir, pattern string
	iterations           int
}

// benchmarkTime is for how long a measurement of a benchmark runs under the default.
const benchmarkTime = time.Second

// NewBenchmark compiles the tests of a package into dir, and finds out how many iterations of the benchmark take benchmarkTime
// under the default: each measurement does as many, so that CPU time and memory can be compared. name is PACKAGE.BenchmarkName.
// It returns a *record.Problem if there is no such package or benchmark.
func NewBenchmark(ctx context.Context, name, dir string) (*Benchmark, error) {
	at := strings.LastIndex(name, ".Benchmark")
	if at < 1 {
		return nil, record.Wrongf("--bench", "%q is not PACKAGE.BenchmarkName, such as ./cache.BenchmarkLookup", "%q 不是 包.BenchmarkName 的形式，例如 ./cache.BenchmarkLookup", name)
	}
	b := &Benchmark{binary: filepath.Join(dir, "bench.test")}
	b.pattern = "^" + strings.ReplaceAll(name[at+1:], "/", "$/^") + "$"
	list := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", name[:at])
	var said bytes.Buffer
	list.Stderr = &said
	out, err := list.Output()
	if err != nil || strings.Count(string(out), "\n") != 1 {
		return nil, record.Wrongf("--bench", "package %s: %s", "包 %s：%s", name[:at], firstLine(said.Bytes(), err))
	}
	b.dir = strings.TrimSpace(string(out))
	compile := exec.CommandContext(ctx, "go", "test", "-c", "-o", b.binary, name[:at])
	if out, err := compile.CombinedOutput(); err != nil {
		return nil, record.Wrongf("--bench", "package %s does not compile: %s", "包 %s 无法编译：%s", name[:at], firstLine(out, err))
	}
	result, _, err := b.run(ctx, tuning.Default, benchmarkTime.String())
	if err != nil {
		return nil, err
	}
	if result == nil {
		return nil, record.Wrongf("--bench", "there is no benchmark %s in %s", "%[2]s 中没有基准测试 %[1]s", name[at+1:], name[:at])
	}
	b.iterations = result.Iters
	return b, nil
}

// firstLine returns the first line of what a program printed that is not about a package's name; the error if there is none.
func firstLine(out []byte, err error) string {
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return line
		}
	}
	return fmt.Sprint(err)
}

// Measure runs the benchmark once under a setting. Its throughput is CPU time for each operation, and its latency what it reports
// by b.ReportMetric in a unit that begins with p99-ns.
func (b *Benchmark) Measure(ctx context.Context, s tuning.Setting) ([]record.Sample, error) {
	result, p, err := b.run(ctx, s, fmt.Sprintf("%dx", b.iterations))
	if err != nil {
		return nil, err
	}
	if result == nil {
		return nil, fmt.Errorf("%s: the benchmark did not run", b.binary)
	}
	samples := append(p.trace.samples(), p.memory(), record.Sample{Name: string(tuning.Throughput), Unit: "cpu-ns/op", Better: record.Lower,
		Value: float64(p.used().Nanoseconds()) / float64(b.iterations), N: b.iterations})
	return append(samples, latencies([]*benchfmt.Result{result})...), nil
}

// run runs the benchmark and returns its result; nil if there was none.
func (b *Benchmark) run(ctx context.Context, s tuning.Setting, benchtime string) (*benchfmt.Result, *process, error) {
	cmd := exec.Command(b.binary, "-test.run=^$", "-test.bench="+b.pattern, "-test.count=1", "-test.benchtime="+benchtime)
	cmd.Dir, cmd.Env = b.dir, environment(s)
	out := &child.Output{}
	cmd.Stdout = out
	p, err := start(cmd)
	if err != nil {
		return nil, nil, err
	}
	if err := p.wait(ctx); err != nil {
		return nil, nil, err
	}
	if !cmd.ProcessState.Success() {
		return nil, nil, fmt.Errorf("%w %s", p.failure(), bytes.TrimSpace(out.Bytes()))
	}
	results := readResults(out.Bytes())
	if len(results) == 0 {
		return nil, p, nil
	}
	return results[len(results)-1], p, nil
}

// readResults returns the results in the Go benchmark format among what a program has printed.
func readResults(out []byte) (results []*benchfmt.Result) {
	for in := benchfmt.NewReader(bytes.NewReader(out), "output"); in.Scan(); {
		if r, is := in.Result().(*benchfmt.Result); is {
			results = append(results, r.Clone())
		}
	}
	return results
}

// latencies returns the samples of the 99th percentile of latency in results.
func latencies(results []*benchfmt.Result) (samples []record.Sample) {
	for _, r := range results {
		for _, v := range r.Values {
			unit, value := v.OrigUnit, v.OrigValue
			if unit == "" {
				unit, value = v.Unit, v.Value
			}
			if strings.HasPrefix(unit, "p99-ns") {
				samples = append(samples, record.Sample{Name: string(tuning.P99), Value: value, Unit: "ns", Better: record.Lower})
			}
		}
	}
	return samples
}
