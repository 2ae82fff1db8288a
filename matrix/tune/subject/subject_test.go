package subject

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/tuning"
)

// names returns the names of samples with their units.
func names(samples []record.Sample) (all []string) {
	for _, s := range samples {
		all = append(all, s.Name+" "+s.Unit)
	}
	slices.Sort(all)
	return all
}

// value returns a sample's value.
func value(samples []record.Sample, name tuning.Objective) float64 {
	i := slices.IndexFunc(samples, func(s record.Sample) bool { return s.Name == string(name) })
	if i < 0 {
		return -1
	}
	return samples[i].Value
}

// The trace of Go's collector is counted; what else a program prints is kept, and forced cycles are none of the runtime's.
func TestTrace(t *testing.T) {
	var tr trace
	for _, part := range []string{"gc 1 @0.012s 2%: 0.026+0.39+0.10 ms clock, 0.21+0.88/0.52/0+0.83 ms cpu, 4->4->1 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 8 P\nhel",
		"lo\ngc 2 @0.1s 2%: 0.0+0.3+0.1 ms clock, 0.2+0.8/0.5/0+0.8 ms cpu, 5->5->2 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 8 P\n",
		"gc 3 @0.2s 2%: 0.0+0.3+0.1 ms clock, 0.2+0.8/0.5/0+0.8 ms cpu, 3->3->2 MB, 4 MB goal, 8 P (forced)\ngc is a word\n"} {
		if n, err := tr.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatal(n, err)
		}
	}
	if tr.cycles != 2 || tr.allocated != (4+4+1)<<20 || tr.live != 2<<20 || string(tr.tail) != "hello\ngc is a word\n" {
		t.Errorf("%d cycles, %v, %v, %q", tr.cycles, tr.allocated, tr.live, tr.tail)
	}
}

const module = `package small

import "testing"

var sink []byte

func BenchmarkBlocks(b *testing.B) {
	b.Run("one", func(b *testing.B) {
		for b.Loop() {
			sink = make([]byte, 64<<10)
		}
		b.ReportMetric(7, "p99-ns")
	})
}
`

// A benchmark does the same work in each measurement, and its figures are those that the search needs.
func TestBenchmark(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module small\n\ngo 1.26\n", "small_test.go": module} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	if _, err := NewBenchmark(t.Context(), ".BenchmarkBlocks/one", t.TempDir()); err == nil {
		t.Fatal("a package without a name was taken")
	}
	b, err := NewBenchmark(t.Context(), "small.BenchmarkBlocks/one", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b.iterations = 2000
	samples, err := b.Measure(t.Context(), tuning.Setting{Percent: 50})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"allocated B", "cycles cycles", "live B", "memory B", "p99 ns", "throughput cpu-ns/op"}
	if got := names(samples); !slices.Equal(got, want) || value(samples, "p99") != 7 || value(samples, "cycles") < 10 || value(samples, "memory") < 1<<20 {
		t.Errorf("%q, %+v", got, samples)
	}
	for _, name := range []string{"small.BenchmarkNone", "none.BenchmarkBlocks", "small"} {
		var problem *record.Problem
		if _, err := NewBenchmark(t.Context(), name, t.TempDir()); !errors.As(err, &problem) || problem.Place != "--bench" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A server gets the setting, is ended after the load, and its load's figures count.
func TestServer(t *testing.T) {
	out := filepath.Join(t.TempDir(), "environment")
	s := &Server{Command: []string{"/bin/sh", "-c", "env > " + out + "; trap 'exit 0' TERM; while :; do sleep 0.05; done"},
		Load: "sleep 0.2; echo 'BenchmarkLoad 1 500 req/s 2000 p99-ns'"}
	t.Setenv("XCMATRIX_PASSPHRASE", "secret")
	samples, err := s.Measure(t.Context(), tuning.Setting{Percent: 400, Limit: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	if value(samples, tuning.Throughput) != 500 || value(samples, tuning.P99) != 2000 || value(samples, tuning.Memory) < 1<<18 {
		t.Errorf("%+v", samples)
	}
	env, err := os.ReadFile(out)
	if err != nil || !strings.Contains(string(env), "GOGC=400\n") || !strings.Contains(string(env), "GOMEMLIMIT=1073741824\n") || strings.Contains(string(env), "secret") {
		t.Errorf("%v\n%s", err, env)
	}
	s.Load = "sleep 0.1"
	if samples, err = s.Measure(t.Context(), tuning.Default); err != nil || value(samples, tuning.Throughput) < 1e8 {
		t.Errorf("%+v, %v", samples, err)
	}
	s.Load = "echo broken >&2; exit 3"
	if _, err := s.Measure(t.Context(), tuning.Default); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("a load that fails: %v", err)
	}
	s.Command, s.Load = []string{"/bin/sh", "-c", "echo no port >&2; exit 1"}, "sleep 0.5"
	if _, err := s.Measure(t.Context(), tuning.Default); err == nil || !strings.Contains(err.Error(), "no port") {
		t.Errorf("a server that ends: %v", err)
	}
	if (&Server{Command: []string{"/none"}}).Check() == nil || (&Server{Command: []string{"/bin/sh"}, Ready: "x"}).Check() == nil {
		t.Error("a wrong server was taken")
	}
}
