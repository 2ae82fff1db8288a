package subject

import (
	"context"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/ab"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/tuning"
)

// Workload is a spec of the suite gc that runs a workload once under the process's own setting.
type Workload struct {
	Name    string
	Payload ab.Side // its program
	Options ab.Options
}

// Measure runs the spec in a process of its own.
func (w *Workload) Measure(ctx context.Context, s tuning.Setting) ([]record.Sample, error) {
	side := w.Payload
	side.Label, side.Env = s.String(), s.Env()
	measured, err := w.Options.Measure(ctx, side, 1)
	if err != nil {
		return nil, err
	}
	var samples []record.Sample
	for _, sample := range measured.Samples {
		switch strings.TrimPrefix(sample.Name, w.Name+"/") {
		case "operation":
			sample.Name = string(tuning.Throughput)
		case "latency-p99":
			sample.Name = string(tuning.P99)
		case "peak-rss":
			sample.Name = string(tuning.Memory)
		case "allocated":
			sample.Name, sample.Value = tuning.Allocated, sample.Value*float64(sample.N)
		case "cycles":
			sample.Name = tuning.Cycles
		case "live":
			sample.Name = tuning.Live
		case "death-spiral":
			sample.Name = tuning.Spiral
		default:
			continue
		}
		samples = append(samples, sample)
	}
	return samples, nil
}
