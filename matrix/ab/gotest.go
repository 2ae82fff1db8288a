package ab

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/perf/benchfmt"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// fidelity is the benchmark in a suite's tests that measures, under the same names, what the suite measures.
const fidelity = "Fidelity"

// goTest measures once as `go test -bench` does, as often and for as long as check.Benchmark does natively.
func (o Options) goTest(ctx context.Context, t turn) ([]record.Sample, error) {
	cmd := exec.CommandContext(ctx, t.side.Test, "-test.run=^$", "-test.bench=^Benchmark"+fidelity+"$", "-test.count=5",
		"-test.benchtime=100ms")
	cmd.Dir = filepath.Dir(t.side.Test)
	cmd.Env = append(append(os.Environ(), o.Env...), t.side.Env...)
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	samples := benchmarks(out)
	if err != nil || len(samples) == 0 {
		return nil, fmt.Errorf("%s: %d samples, %v: %s", t.side.Label, len(samples), err, bytes.TrimSpace(out))
	}
	return samples, nil
}

// benchmarks are the times in what a test binary prints, under the names that the suite gives them.
func benchmarks(out []byte) []record.Sample {
	var samples []record.Sample
	processors := fmt.Sprint("-", runtime.GOMAXPROCS(0))
	for in := benchfmt.NewReader(bytes.NewReader(out), "go test"); in.Scan(); {
		result, ok := in.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		name := strings.TrimSuffix(strings.TrimPrefix(string(result.Name), fidelity+"/"), processors)
		for _, v := range result.Values {
			if strings.HasPrefix(v.OrigUnit, "ns/") {
				samples = append(samples, record.Sample{Name: name, Value: v.OrigValue, Unit: v.OrigUnit, Better: record.Lower, N: result.Iters})
			}
		}
	}
	return samples
}
