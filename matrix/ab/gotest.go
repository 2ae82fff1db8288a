package ab

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"

	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// goTest runs a benchmark as `go test -bench` does, with the same count and time as check.Benchmark on a real machine, and returns its
// samples.
func (o Options) goTest(ctx context.Context, t process) ([]record.Sample, error) {
	path := "^" + strings.ReplaceAll(t.side.Bench, "/", "$/^") + "$"
	cmd := exec.CommandContext(ctx, t.side.Test, "-test.run=^$", "-test.bench="+path, "-test.count=5", "-test.benchtime=100ms")
	cmd.Dir = filepath.Dir(t.side.Test)
	cmd.Env = slices.Concat(environ.Own(o.Reads...), o.Env, t.side.Env)
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	samples := benchmarks(out, t.side.As)
	if err != nil || len(samples) == 0 {
		return nil, fmt.Errorf("%s: %d samples, %v: %s", t.side.Label, len(samples), err, bytes.TrimSpace(out))
	}
	return samples, nil
}

// benchmarks returns the times in the output of a test binary, under the benchmark's name in the suite.
func benchmarks(out []byte, name string) []record.Sample {
	var samples []record.Sample
	for in := benchfmt.NewReader(bytes.NewReader(out), "go test"); in.Scan(); {
		result, ok := in.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		for _, v := range result.Values {
			if strings.HasPrefix(v.OrigUnit, "ns/") {
				samples = append(samples, record.Sample{Name: name, Value: v.OrigValue, Unit: v.OrigUnit, Better: record.Lower, N: result.Iters})
			}
		}
	}
	return samples
}
