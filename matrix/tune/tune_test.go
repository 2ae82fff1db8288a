package tune

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/tuning"
)

// model is a program as the Go guide describes its cost: a cycle costs as much as what is in use, and there is a cycle whenever
// the room above that is full.
type model struct {
	live      float64 // bytes in use
	allocated float64 // bytes in a measurement
	mark      float64 // CPU time to mark a byte, in units of the time to allocate one
	noise     float64 // standard deviation of a figure
	random    *rand.Rand
	ran       []tuning.Setting
}

func (m *model) measure(_ context.Context, s tuning.Setting) ([]record.Sample, error) {
	m.ran = append(m.ran, s)
	room := math.Inf(1)
	if s.Percent != tuning.Off {
		room = m.live * float64(s.Percent) / 100
	}
	if s.Limit > 0 {
		room = min(room, float64(s.Limit)-m.live)
	}
	cycles := math.Floor(m.allocated / room)
	noisy := func(v float64) float64 { return v * math.Exp(m.noise*m.random.NormFloat64()) }
	cost := 1 + m.mark*cycles*m.live/m.allocated
	return []record.Sample{
		{Name: "throughput", Value: noisy(cost), Unit: "cpu-ns/op", Better: record.Lower},
		{Name: "p99", Value: noisy(100 * cost * cost), Unit: "ns", Better: record.Lower},
		{Name: "memory", Value: noisy(m.live + min(room, m.allocated)), Unit: "B", Better: record.Lower},
		{Name: tuning.Cycles, Value: cycles}, {Name: tuning.Allocated, Value: m.allocated}, {Name: tuning.Live, Value: m.live},
	}, nil
}

const mib = 1 << 20

// The search answers right in nearly all of many searches: where a larger GOGC wins, where the limit decides, where nothing wins,
// and where little memory is asked for.
func TestSearch(t *testing.T) {
	for name, c := range map[string]struct {
		model     model
		memory    uint64
		objective tuning.Objective
		want      tuning.Setting
		verdict   tuning.Verdict
	}{
		"a larger GOGC wins":       {model{live: 20 * mib, allocated: 1000 * mib, mark: 0.5}, 8 << 30, tuning.Throughput, tuning.Setting{Percent: 400}, tuning.Gain},
		"the limit decides":        {model{live: 100 * mib, allocated: 1000 * mib, mark: 0.5}, 256 * mib, tuning.Throughput, tuning.Setting{Percent: tuning.Off, Limit: 216 * mib}, tuning.Gain},
		"the default does not fit": {model{live: 140 * mib, allocated: 2000 * mib, mark: 0.5}, 256 * mib, tuning.Throughput, tuning.Setting{Percent: 75}, tuning.NoGain},
		"nothing wins":             {model{live: 5 * mib, allocated: 1000 * mib, mark: 0.002}, 8 << 30, tuning.Throughput, tuning.Default, tuning.NoGain},
		"latency is asked for":     {model{live: 20 * mib, allocated: 1000 * mib, mark: 0.5}, 8 << 30, tuning.P99, tuning.Setting{Percent: 400}, tuning.Gain},
		"memory, and it is dear":   {model{live: 20 * mib, allocated: 1000 * mib, mark: 0.7}, 8 << 30, tuning.Memory, tuning.Setting{Percent: 75}, tuning.Gain},
	} {
		const searches = 60
		right := 0
		for seed := range uint64(searches) {
			m := c.model
			m.noise, m.random = 0.02, rand.New(rand.NewPCG(seed, 1))
			advice, err := Search(t.Context(), Options{Objective: c.objective, Memory: c.memory, Measure: m.measure, Budget: time.Minute, Delta: 0.02})
			if err != nil {
				t.Fatal(err)
			}
			if percent := advice.Recommended.Percent; (advice.Recommended == c.want || percent == 80 && c.want.Percent == 75) && // both take as little, but for the noise
				advice.Verdict == c.verdict {
				right++
			}
			if advice.Verdict == tuning.Gain && advice.Gain.Low <= 1 || len(m.ran) > 80 || advice.Runs+1 != len(m.ran) {
				t.Fatalf("%s: gain %v, %d measurements", name, advice.Gain, len(m.ran))
			}
		}
		t.Logf("%s: %d of %d searches right", name, right, searches)
		if right < searches*9/10 {
			t.Errorf("%s: %d of %d searches right", name, right, searches)
		}
	}
}

// Where the default takes too much memory it is not recommended, whatever it is measured against.
func TestDefaultDoesNotFit(t *testing.T) {
	for seed := range uint64(20) {
		m := model{live: 140 * mib, allocated: 2000 * mib, mark: 0.5, noise: 0.02, random: rand.New(rand.NewPCG(seed, 1))}
		advice, err := Search(t.Context(), Options{Objective: tuning.Throughput, Memory: 256 * mib, Measure: m.measure, Budget: time.Minute, Delta: 0.02})
		if err != nil || advice.Excess < 256*mib || advice.Recommended == tuning.Default || advice.Baseline.Limit != 0 || advice.Baseline == tuning.Default {
			t.Fatalf("%+v, %v", advice, err)
		}
	}
	m := model{live: 300 * mib, allocated: 2000 * mib, mark: 0.5, random: rand.New(rand.NewPCG(1, 1))}
	advice, err := Search(t.Context(), Options{Objective: tuning.Throughput, Memory: 256 * mib, Measure: m.measure, Budget: time.Minute, Delta: 0.02})
	if err != nil || advice.Recommended != tuning.Default || advice.Excess == 0 || advice.Blocks != 0 {
		t.Errorf("nothing fits: %+v, %v", advice, err)
	}
}

// The last comparison ends where more blocks change nothing, and goes on where they might.
func TestIsClear(t *testing.T) {
	s := &search{Options: Options{Delta: 0.02}}
	for _, c := range []struct {
		gain tuning.Ratio
		want bool
	}{{tuning.Ratio{Ratio: 1.6, Low: 1.5, High: 1.7}, true}, {tuning.Ratio{Ratio: 1.0, Low: 0.99, High: 1.01}, true}, {tuning.Ratio{Ratio: 0.8, Low: 0.7, High: 0.9}, true},
		{tuning.Ratio{Ratio: 1.05, Low: 1.03, High: 1.07}, false}, {tuning.Ratio{Ratio: 1.01, Low: 0.9, High: 1.1}, false}, {tuning.Ratio{Ratio: 1.2, Low: compare.Number(math.NaN()), High: compare.Number(math.NaN())}, false}} {
		if got := s.isClear(c.gain); got != c.want {
			t.Errorf("%v: %v", c.gain, got)
		}
	}
}

// A setting under which the program fails is not recommended; a failure of the default ends the search.
func TestFailures(t *testing.T) {
	m := model{live: 20 * mib, allocated: 1000 * mib, mark: 0.5, random: rand.New(rand.NewPCG(1, 1))}
	broken := errors.New("killed")
	failing := func(which func(tuning.Setting) bool) Measure {
		return func(ctx context.Context, s tuning.Setting) ([]record.Sample, error) {
			if which(s) {
				return nil, broken
			}
			return m.measure(ctx, s)
		}
	}
	o := Options{Objective: tuning.Throughput, Memory: 8 << 30, Budget: time.Minute, Delta: 0.02,
		Measure: failing(func(s tuning.Setting) bool { return s.Percent == 400 })}
	advice, err := Search(t.Context(), o)
	if err != nil || advice.Recommended.Percent != 200 {
		t.Fatalf("%+v, %v", advice, err)
	}
	if !slices.ContainsFunc(advice.Untold, func(u tuning.Untold) bool { return u.Percent == 400 && strings.Contains(u.Why.En, "killed") }) {
		t.Errorf("the failure is not told: %+v", advice.Untold)
	}
	o.Measure = failing(func(s tuning.Setting) bool { return s == tuning.Default })
	if _, err := Search(t.Context(), o); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

// A setting in a death spiral is not recommended, however fast it was measured.
func TestSpiral(t *testing.T) {
	m := model{live: 100 * mib, allocated: 1000 * mib, mark: 0.5, random: rand.New(rand.NewPCG(1, 1))}
	advice, err := Search(t.Context(), Options{Objective: tuning.Throughput, Memory: 256 * mib, Budget: time.Minute, Delta: 0.02,
		Measure: func(ctx context.Context, s tuning.Setting) ([]record.Sample, error) {
			samples, err := m.measure(ctx, s)
			if s.Limit > 0 {
				samples = append(samples, record.Sample{Name: tuning.Spiral, Value: 1})
				samples[slices.IndexFunc(samples, func(s record.Sample) bool { return s.Name == tuning.Cycles })].Value = 100
			}
			return samples, err
		}})
	if err != nil || advice.Recommended.Limit != 0 || advice.Point(tuning.Setting{Percent: tuning.Off, Limit: 216 * mib}).Why == nil {
		t.Errorf("%+v, %v", advice, err)
	}
}

// What cannot work says so before it takes long.
func TestRefusals(t *testing.T) {
	m := model{live: 20 * mib, allocated: 1000 * mib, mark: 0.5, random: rand.New(rand.NewPCG(1, 1))}
	slow := func(ctx context.Context, s tuning.Setting) ([]record.Sample, error) {
		time.Sleep(20 * time.Millisecond)
		return m.measure(ctx, s)
	}
	_, err := Search(t.Context(), Options{Objective: tuning.P99, Memory: 8 << 30, Measure: slow, Budget: 300 * time.Millisecond})
	var problem *record.Problem
	if !errors.As(err, &problem) || problem.Place != "--time" || len(m.ran) != 2 {
		t.Errorf("too slow a workload: %v, %d measurements", err, len(m.ran))
	}
	quiet := func(ctx context.Context, s tuning.Setting) ([]record.Sample, error) {
		samples, err := m.measure(ctx, s)
		return samples[:1], err
	}
	if _, err = Search(t.Context(), Options{Objective: tuning.P99, Memory: 8 << 30, Measure: quiet, Budget: time.Minute}); !errors.As(err, &problem) || problem.Place != "--objective" {
		t.Errorf("no latency: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Search(ctx, Options{Objective: tuning.P99, Memory: 8 << 30, Measure: m.measure, Budget: time.Minute}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// The JSON has exactly the promised fields.
func TestJSON(t *testing.T) {
	m := model{live: 100 * mib, allocated: 1000 * mib, mark: 0.5, random: rand.New(rand.NewPCG(1, 1))}
	advice, err := Search(t.Context(), Options{Objective: tuning.Throughput, Memory: 256 * mib, Measure: m.measure, Budget: time.Minute, Delta: 0.02})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(advice)
	var fields map[string]any
	if err != nil || json.Unmarshal(text, &fields) != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"workload", "memory", "objective", "recommended", "baseline", "gain", "pareto", "verdict"} {
		if fields[name] == nil {
			t.Errorf("no %s", name)
		}
		delete(fields, name)
	}
	recommended, _ := json.Marshal(advice.Recommended)
	if len(fields) != 0 || string(recommended) != `{"gogc":"off","gomemlimit":226492416}` {
		t.Errorf("%v, %s", fields, recommended)
	}
}
