package bootstrap

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// For small n all n^n draws can be listed.
func TestMiddlesSameAsEnumeration(t *testing.T) {
	for n := 1; n <= 6; n++ {
		want := map[outcome]float64{}
		total := int(math.Pow(float64(n), float64(n)))
		for deal := range total {
			draws := make([]int, n)
			for i, rest := 0, deal; i < n; i, rest = i+1, rest/n {
				draws[i] = rest % n
			}
			slices.Sort(draws)
			want[outcome{uint16(draws[(n-1)/2]), uint16(draws[n/2])}] += 1 / float64(total)
		}
		outcomes, p := middles(n)
		if len(outcomes) != len(want) {
			t.Errorf("n = %d: %d outcomes, want %d", n, len(outcomes), len(want))
		}
		for i, o := range outcomes {
			if math.Abs(p[i]-want[o]) > 1e-9 {
				t.Errorf("n = %d: %v has probability %v, want %v", n, o, p[i], want[o])
			}
		}
	}
}

func TestMiddlesAreAllThereIs(t *testing.T) {
	for _, n := range []int{1, 2, 19, 20, 63, 64, 65, 66, 1000} {
		_, p := middles(n)
		sum := 0.0
		for _, v := range p {
			sum += v
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Errorf("n = %d: probabilities add up to %v", n, sum)
		}
	}
}

// A table must draw what the probabilities say.
func TestTableDraws(t *testing.T) {
	for _, n := range []int{1, 2, 5, 20, 65} {
		outcomes, p := middles(n)
		want := 0.0
		sorted := make([]float64, n)
		for i := range sorted {
			sorted[i] = float64(i * i)
		}
		for i, o := range outcomes {
			want += p[i] * (sorted[o.low] + sorted[o.high]) / 2
		}
		table, state, got := newTable(n), uint64(n), 0.0
		const draws = 200_000
		for range draws {
			got += table.draw(mix(&state), sorted) / draws
		}
		if math.Abs(got-want) > 0.01*want {
			t.Errorf("n = %d: mean of draws %v, want %v", n, got, want)
		}
	}
}

// machine makes rounds whose level drifts, both deviations relative.
func machine(r *rand.Rand, rounds, samples int, drift, within float64) Rounds {
	var all Rounds
	for range rounds {
		level := 100 * math.Exp(drift*r.NormFloat64())
		one := make([]float64, samples)
		for i := range one {
			one[i] = level * math.Exp(within*r.NormFloat64())
		}
		slices.Sort(one)
		all = append(all, one)
	}
	return all
}

// The 95 % interval of two series of one machine excludes 1 in about 5 % of cases, although the machine drifts.
func TestIntervalCoversOne(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	resampler := New(1)
	a, b := make([]float64, 500), make([]float64, 500)
	const trials = 600
	missed := 0
	for i := range trials {
		resampler.Logs(a, machine(r, 5, 20, 0.05, 0.02), fmt.Sprint("a", i), "x")
		resampler.Logs(b, machine(r, 5, 20, 0.05, 0.02), fmt.Sprint("b", i), "x")
		for k := range a {
			a[k] -= b[k]
		}
		if Quantile(a, 0.025) > 0 || Quantile(a, 0.975) < 0 {
			missed++
		}
	}
	if share := float64(missed) / trials; share > 0.06 || share == 0 {
		t.Errorf("%.1f %% of intervals miss the truth, want about 5 %%", 100*share)
	}
}

func TestDrawsDependOnSeedAndNamesAlone(t *testing.T) {
	rounds := machine(rand.New(rand.NewPCG(1, 2)), 5, 20, 0.05, 0.02)
	draw := func(seed uint64, before bool, machine, benchmark string) []float64 {
		r, dst := New(seed), make([]float64, 50)
		if before {
			r.Logs(dst, rounds[:3], "other", "other")
		}
		r.Logs(dst, rounds, machine, benchmark)
		return dst
	}
	first := draw(1, false, "m", "b")
	if !slices.Equal(first, draw(1, true, "m", "b")) {
		t.Error("what was drawn before changes what is drawn")
	}
	for _, other := range [][]float64{draw(2, false, "m", "b"), draw(1, false, "n", "b"), draw(1, false, "m", "c")} {
		if slices.Equal(first, other) {
			t.Error("another seed or name draws the same")
		}
	}
}

func TestMedian(t *testing.T) {
	if got := (Rounds{{1, 2, 9}, {4}, {6, 8}}).Median(); got != 4 {
		t.Errorf("median of 2, 4 and 7 is %v", got)
	}
	if got := (Rounds{{1}, {4}}).Median(); got != 2.5 {
		t.Errorf("median of 1 and 4 is %v", got)
	}
}

func TestQuantile(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for n := 1; n < 60; n++ {
		values := make([]float64, n)
		for i := range values {
			values[i] = float64(r.IntN(20))
		}
		for _, share := range []float64{0, 0.025, 0.5, 0.9, 1} {
			sorted := slices.Sorted(slices.Values(values))
			at := share * float64(n-1)
			want := sorted[int(at)]
			if int(at)+1 < n {
				want += (sorted[int(at)+1] - want) * (at - math.Floor(at))
			}
			if got := Quantile(values, share); got != want {
				t.Fatalf("quantile %v of %v is %v, want %v", share, sorted, got, want)
			}
		}
	}
	if got := Deviation([]float64{1, 2, 3, 4}); math.Abs(got-math.Sqrt(5.0/3)) > 1e-12 {
		t.Errorf("deviation of 1 to 4 is %v", got)
	}
}

func BenchmarkLogs(b *testing.B) {
	rounds := machine(rand.New(rand.NewPCG(1, 2)), 5, 20, 0.05, 0.02)
	r, dst := New(1), make([]float64, 2000)
	for b.Loop() {
		r.Logs(dst, rounds, "m", "b")
	}
}

func BenchmarkQuantile(b *testing.B) {
	values, work := make([]float64, 2000), make([]float64, 2000)
	New(1).Logs(values, machine(rand.New(rand.NewPCG(1, 2)), 5, 20, 0.05, 0.02), "m", "b")
	for b.Loop() {
		copy(work, values)
		Quantile(work, 0.025)
		Quantile(work, 0.975)
	}
}
