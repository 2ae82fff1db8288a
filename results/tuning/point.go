package tuning

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/median"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Objective is what a setting is to make better.
type Objective string

const (
	Throughput Objective = "throughput" // operations for the same CPU time, or requests a second
	P99        Objective = "p99"        // the 99th percentile of latency
	Memory     Objective = "memory"     // peak memory
)

// Objectives are all of them, the default first.
var Objectives = []Objective{Throughput, P99, Memory}

// Names of the samples of a measurement. Those of the objectives are their names.
const (
	Cycles    = "cycles"    // garbage collections
	Allocated = "allocated" // bytes allocated in the whole measurement
	Live      = "live"      // bytes in use after a garbage collection
	Spiral    = "spiral"    // there if the collector gave up GOMEMLIMIT, as it would have used more than half of the CPU time
)

// Point is what a setting costs: the median of some measurements.
type Point struct {
	Setting
	Throughput, P99, Memory Figure
	Cycles, Allocated, Live float64
	Rounds                  int
	Spiral                  bool // in a measurement, see the sample of that name

	// Why is the reason for which the setting is not recommended whatever it costs; nil if there is none.
	Why *record.Sentence
}

// Figure is a measured value; it has no unit if it was not measured.
type Figure struct {
	Value  float64
	Unit   string
	Better record.Better
}

// Known reports whether the figure was measured.
func (f Figure) Known() bool { return f.Unit != "" }

// Cost returns the figure so that less is better.
func (f Figure) Cost() float64 {
	if f.Better == record.Higher {
		return 1 / f.Value
	}
	return f.Value
}

// Of returns the point's figure for an objective.
func (p *Point) Of(o Objective) Figure {
	switch o {
	case P99:
		return p.P99
	case Memory:
		return p.Memory
	}
	return p.Throughput
}

// PointOf returns the point of a setting by its measurements, of which each is some samples.
func PointOf(s Setting, measured [][]record.Sample) Point {
	figure := func(name string) (f Figure) {
		var values []float64
		for _, samples := range measured {
			for _, sample := range samples {
				if sample.Name == name {
					values = append(values, sample.Value)
					f.Unit, f.Better = sample.Unit, sample.Better
				}
			}
		}
		if len(values) > 0 {
			f.Value = median.Of(values)
		}
		return f
	}
	return Point{Setting: s, Rounds: len(measured), Throughput: figure(string(Throughput)), P99: figure(string(P99)), Memory: figure(string(Memory)),
		Cycles: figure(Cycles).Value, Allocated: figure(Allocated).Value, Live: figure(Live).Value, Spiral: figure(Spiral).Value > 0}
}

// Front returns the Pareto front: the points to which no other is better in one objective and at least as good in the others,
// by memory. Points that are not recommended are not on it.
func Front(points []Point) (front []Point) {
	for i := range points {
		if points[i].Why == nil && !slices.ContainsFunc(points, func(o Point) bool { return o.Why == nil && dominates(&o, &points[i]) }) {
			front = append(front, points[i])
		}
	}
	slices.SortFunc(front, func(a, b Point) int { return cmp.Compare(a.Memory.Value, b.Memory.Value) })
	return front
}

// dominates reports whether a is better than b in one objective and worse in none.
func dominates(a, b *Point) (better bool) {
	for _, o := range Objectives {
		x, y := a.Of(o), b.Of(o)
		if !x.Known() || !y.Known() {
			continue
		}
		if x.Cost() > y.Cost() {
			return false
		}
		better = better || x.Cost() < y.Cost()
	}
	return better
}

// pointJSON is a point in JSON.
type pointJSON struct {
	settingJSON
	P99            *float64 `json:"p99_ns,omitempty"`
	Throughput     *float64 `json:"throughput,omitempty"`
	ThroughputUnit string   `json:"throughput_unit,omitempty"`
	Memory         *float64 `json:"memory_bytes,omitempty"`
	Cycles         float64  `json:"gc_cycles"`
	Rounds         int      `json:"rounds"`
}

// MarshalJSON implements json.Marshaler.
func (p Point) MarshalJSON() ([]byte, error) {
	value := func(f Figure) *float64 {
		if !f.Known() {
			return nil
		}
		return &f.Value
	}
	return json.Marshal(pointJSON{p.Setting.json(), value(p.P99), value(p.Throughput), p.Throughput.Unit, value(p.Memory), p.Cycles, p.Rounds})
}
