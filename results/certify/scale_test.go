package certify

import (
	"fmt"
	"runtime/metrics"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// BenchmarkIssue loads and certifies a run of 12 items on 24 targets with 5,000 specs each: one target in all formats,
// and all of them.
func BenchmarkIssue(b *testing.B) {
	shape := trial.Shape{Specs: 416}
	for i := range 12 {
		shape.Items = append(shape.Items, fmt.Sprintf("item%d", i))
	}
	for i := range 24 {
		shape.Targets = append(shape.Targets, trial.Target{Provenance: record.Native, Target: store.Target{ID: fmt.Sprintf("target%d", i), GOOS: "linux",
			GOARCH: []string{"amd64", "arm64", "loong64"}[i%3], BuildKey: "k", Launcher: "native"}})
	}
	dir := trial.Dir(b, shape)
	by := signer(b)
	for _, targets := range []int{1, 24} {
		b.Run(fmt.Sprintf("targets=%d", targets), func(b *testing.B) {
			for b.Loop() {
				o := order(b, dir, by)
				o.Targets = o.Targets[:targets]
				issue(b, o)
			}
			sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
			metrics.Read(sample)
			b.ReportMetric(float64(sample[0].Value.Uint64())/(1<<20), "MiB")
		})
	}
}
