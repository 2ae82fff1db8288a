package rounds

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/compare/ranktest"
)

// measured makes rounds whose levels are given, as logarithms, with a scatter of the samples within them.
func measured(r *rand.Rand, levels []float64, samples int, within float64) Rounds {
	var all Rounds
	for _, level := range levels {
		one := make([]float64, samples)
		for i := range one {
			one[i] = 100 * math.Exp(level+within*r.NormFloat64())
		}
		slices.Sort(one)
		all = append(all, one)
	}
	return all
}

func sides(a, b Rounds) (*Side, *Side) {
	var x, y Side
	x.Take(a)
	y.Take(b)
	return &x, &y
}

func between(a, b Rounds) Difference {
	x, y := sides(a, b)
	return Between(x, y, new(ranktest.Tester), 0.95)
}

func estimated(a, b Rounds) Estimate {
	d := between(a, b)
	return d.Estimate(Neighbours{})
}

func TestMedian(t *testing.T) {
	if got := (Rounds{{1, 2, 9}, {4}, {6, 8}}).Median(); got != 4 {
		t.Errorf("median of 2, 4 and 7 is %v", got)
	}
	if got := (Rounds{{1}, {4}}).Median(); got != 2.5 {
		t.Errorf("median of 1 and 4 is %v", got)
	}
}

// For few differences all signs can be listed.
func TestSignedDistributionSameAsEnumeration(t *testing.T) {
	for n := 1; n <= 8; n++ {
		want := make([]float64, n*(n+1)/2+1)
		for signs := range 1 << n {
			sum := 0
			for rank := range n {
				if signs>>rank&1 == 1 {
					sum += rank + 1
				}
			}
			for i := sum; i < len(want); i++ {
				want[i] += 1 / float64(int(1)<<n)
			}
		}
		for i, p := range signedDistribution(n) {
			if math.Abs(p-want[i]) > 1e-12 {
				t.Errorf("%d differences: up to %d is %v, want %v", n, i, p, want[i])
			}
		}
	}
}

// Wilcoxon's table: of 10 differences the sums up to 8 are significant, which gives the 9th average from either end.
func TestSigned(t *testing.T) {
	d := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	p, low, middle, high := signed(d, 0.95)
	if math.Abs(p-2.0/1024) > 1e-12 || low != 3 || middle != 5.5 || high != 8 {
		t.Errorf("p %v, %v, %v to %v", p, low, middle, high)
	}
	if _, low, _, _ := signed(d[:5], 0.95); !math.IsInf(low, -1) {
		t.Errorf("five differences have an interval from %v on", low)
	}
}

func TestQuantile(t *testing.T) {
	for _, c := range []struct{ share, freedom, want float64 }{{0.975, 8, 2.3060}, {0.975, 4, 2.7764}, {0.975, 1, 12.706},
		{0.8, 18, 0.8620}, {0.999995, 8, 9.7825}, {0.975, 1e6, 1.9600}} {
		if got := Quantile(c.share, c.freedom); math.Abs(got-c.want) > 1e-3 {
			t.Errorf("quantile %v of %v degrees is %v, want %v", c.share, c.freedom, got, c.want)
		}
	}
}

// The change that reach says is found in four of five cases is: both estimates of the scatter are estimates.
func TestReach(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	deviation := func(freedom int) float64 {
		sum := 0.0
		for range freedom {
			v := r.NormFloat64()
			sum += v * v
		}
		return math.Sqrt(sum / float64(freedom))
	}
	for _, freedom := range []int{4, 8, 18, 60} {
		for _, critical := range []float64{2.1, 4, 9} {
			found, k := 0, reach(critical, float64(freedom), 0.8)
			const trials = 20000
			for range trials {
				if change := k * deviation(freedom); change+r.NormFloat64() > critical*deviation(freedom) {
					found++
				}
			}
			if share := float64(found) / trials; share < 0.78 || share > 0.86 {
				t.Errorf("%d degrees, critical %v: %.3f are found", freedom, critical, share)
			}
		}
	}
}

// Swapping the two series, or writing speeds for times, mirrors the estimate and changes nothing else.
func TestSymmetric(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		levels := func() (l []float64) {
			for range 5 + r.IntN(3) {
				l = append(l, 0.05*r.NormFloat64())
			}
			return l
		}
		a, b := measured(r, levels(), 2+r.IntN(6), 0.03), measured(r, levels(), 6, 0.03)
		inverse := func(x Rounds) Rounds {
			y := make(Rounds, len(x))
			for i, samples := range x {
				for k := range samples {
					y[i] = append(y[i], 1/samples[len(samples)-1-k])
				}
			}
			return y
		}
		want := estimated(a, b)
		for name, got := range map[string]Estimate{"swapped": estimated(b, a), "as speeds": estimated(inverse(a), inverse(b))} {
			if math.Abs(got.Log+want.Log) > 1e-9 || math.Abs(got.Low+want.High) > 1e-9 || math.Abs(got.High+want.Low) > 1e-9 ||
				math.Abs(got.P-want.P) > 1e-9 || got.Dependent != want.Dependent {
				t.Fatalf("%s: %+v, want the mirror image of %+v", name, got, want)
			}
		}
	}
}

// One round far off does not hide what nine others show, and two levels do not either.
func TestBothIntervals(t *testing.T) {
	off := func(shift float64) Rounds {
		levels := []float64{0.01, -0.01, 0.012, -0.004, 0.9, 0.003, -0.012, 0.008, -0.007, 0.002}
		for i := range levels {
			levels[i] += shift
		}
		return measured(rand.New(rand.NewPCG(1, 1)), levels, 5, 0.001)
	}
	if e := estimated(off(0), off(math.Log(1.2))); e.Low < math.Log(1.05) || e.Dependent {
		t.Errorf("a round far off: %+v", e)
	}
	turbo := func(shift float64, fast ...bool) Rounds {
		var levels []float64
		for _, f := range fast {
			level := shift
			if f {
				level -= 0.14
			}
			levels = append(levels, level)
		}
		return measured(rand.New(rand.NewPCG(1, 1)), levels, 5, 0.001)
	}
	a := turbo(0, true, false, false, true, true, false, true, false, false, true)
	b := turbo(math.Log(1.2), false, true, true, false, false, true, false, true, true, false)
	if e := estimated(a, b); e.Low < math.Log(1.05) {
		t.Errorf("two levels: %+v", e)
	}
}

// autoregressive makes levels that remember the one before by rho.
func autoregressive(r *rand.Rand, rho, deviation float64, n int) []float64 {
	levels := make([]float64, n)
	x := deviation * r.NormFloat64()
	for i := range levels {
		levels[i] = x
		x = rho*x + deviation*math.Sqrt(1-rho*rho)*r.NormFloat64()
	}
	return levels
}

// Rounds that depend on one another are seen, and their intervals hold the truth; those that do not are left alone where
// what their samples scatter explains what they do.
func TestDependence(t *testing.T) {
	for _, c := range []struct {
		name             string
		rho, deviation   float64
		rounds           int
		misses, seenFrom float64 // at most, at least
		seenTo           float64
	}{
		{"independent, only samples scatter", 0, 0, 10, 0.065, 0, 0.02},
		{"independent, five rounds", 0, 0, 5, 0.065, 0, 0.07},
		{"independent, rounds scatter", 0, 0.05, 10, 0.065, 0, 0.25},
		{"autoregressive 0.9", 0.9, 0.05, 10, 0.08, 0.85, 1},
		{"autoregressive 0.95", 0.95, 0.05, 10, 0.08, 0.85, 1},
	} {
		r := rand.New(rand.NewPCG(5, 6))
		const trials = 2000
		missed, seen := 0, 0
		for range trials {
			make := func() Rounds { return measured(r, autoregressive(r, c.rho, c.deviation, c.rounds), 20, 0.02) }
			e := estimated(make(), make())
			if e.Low > 0 || e.High < 0 {
				missed++
			}
			if e.Dependent {
				seen++
			}
			if e.Dependent && e.Enough < 10 {
				t.Fatalf("%s: %d rounds would be enough", c.name, e.Enough)
			}
		}
		if m, s := float64(missed)/trials, float64(seen)/trials; m > c.misses || s < c.seenFrom || s > c.seenTo {
			t.Errorf("%s: %.3f of intervals miss, %.3f are called dependent", c.name, m, s)
		}
	}
}

// Twenty benchmarks tell with five rounds what one cannot; where all have the same rounds they say no more than one.
func TestNeighbours(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	share := func(rho float64, common bool) float64 {
		seen := 0
		const tables = 60
		for range tables {
			var all Neighbours
			var list []Difference
			var levels [2][]float64
			for i := range 20 {
				var sides [2]Rounds
				for k := range sides {
					if i == 0 || !common {
						levels[k] = autoregressive(r, rho, 0.05, 5)
					}
					sides[k] = measured(r, levels[k], 20, 0.005)
				}
				d := between(sides[0], sides[1])
				all.Add(d.Lag)
				list = append(list, d)
			}
			for _, d := range list {
				if e := d.Estimate(all); e.Dependent {
					seen++
				}
			}
		}
		return float64(seen) / (20 * tables)
	}
	if got := share(0.9, false); got < 0.95 {
		t.Errorf("of rounds that depend %.2f are seen", got)
	}
	if got := share(0, false); got > 0.20 {
		t.Errorf("of rounds that do not depend %.2f are called dependent", got)
	}
	if got := share(0.9, true); got < 0.75 {
		t.Errorf("of common rounds that depend %.2f are seen", got)
	}
}

// A clock with coarse ticks is no more exact than a tick, however often it shows the same.
func TestTicks(t *testing.T) {
	same := Rounds{{100, 100, 110}, {100, 100, 110}, {100, 100, 110}, {100, 100, 110}, {100, 100, 110}}
	next := Rounds{{100, 110, 110}, {100, 110, 110}, {100, 110, 110}, {100, 110, 110}, {100, 110, 110}}
	if e := estimated(same, next); e.High-e.Low < 0.01 {
		t.Errorf("the interval is %v to %v", e.Low, e.High)
	}
	if e := estimated(same, same); e.Low > 0 || e.High < 0 || e.P != 1 {
		t.Errorf("%+v", e)
	}
}

func TestPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	var a, b Rounds
	for i := range 8 { // gets slower all the time
		level := []float64{0.2 * float64(i)}
		a = append(a, measured(r, level, 10, 0.01)[0])
		level[0] += math.Log(1.2)
		b = append(b, measured(r, level, 10, 0.01)[0])
	}
	x, y := sides(a, b)
	d := OfPairs(x, y, 0.95)
	if e := d.Estimate(Neighbours{}); e.Low < math.Log(1.15) || e.High > math.Log(1.25) || e.Dependent {
		t.Errorf("%+v", e)
	}
}

func BenchmarkBetween(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	x, y := measured(r, autoregressive(r, 0, 0.05, 5), 20, 0.02), measured(r, autoregressive(r, 0, 0.05, 5), 20, 0.02)
	var tester ranktest.Tester
	var s, o Side
	for b.Loop() {
		s.Take(x)
		o.Take(y)
		d := Between(&s, &o, &tester, 0.95)
		e := d.Estimate(Neighbours{})
		e.Detectable(0.05, 0.01)
	}
}

// The P of Student's t is that of both sides: tables of its quantiles have 2.228 for 10 degrees of freedom and 5 %.
func TestTail(t *testing.T) {
	for _, c := range []struct{ mean, freedom, want float64 }{{2.2281, 10, 0.05}, {-2.2281, 10, 0.05}, {4.3027, 2, 0.05}, {0.6998, 10, 0.5}, {0, 10, 1}} {
		if got := tail(c.mean, 1, c.freedom); math.Abs(got-c.want) > 1e-4 {
			t.Errorf("%v with %v degrees of freedom: %v, want %v", c.mean, c.freedom, got, c.want)
		}
	}
}

// Degrees of freedom by hand, of Welch's formula and of pairs.
func TestFreedom(t *testing.T) {
	for _, c := range []struct {
		d    Difference
		want float64
	}{
		{Difference{variance: [2]float64{1, 1}, sizes: [2]int{10, 10}}, 18},
		{Difference{variance: [2]float64{4, 1}, sizes: [2]int{10, 5}}, 25 / (16.0/9 + 1.0/4)},
		{Difference{sizes: [2]int{10, 5}}, 13},
		{Difference{variance: [2]float64{4, 0}, sizes: [2]int{10, 0}, fromPairs: true}, 9},
	} {
		if got := c.d.freedom(); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%+v: %v, want %v", c.d, got, c.want)
		}
	}
}

// Pairs lie as far apart as they do.
func TestPairsAreNotBiased(t *testing.T) {
	var a, b Rounds
	for i := range 8 {
		a, b = append(a, []float64{100 + float64(i)}), append(b, []float64{1.1 * (100 + float64(i))})
	}
	x, y := sides(a, b)
	for _, c := range []struct {
		d    Difference
		want float64
	}{{OfPairs(x, x, 0.95), 0}, {OfPairs(x, y, 0.95), math.Log(1.1)}, {OfPairs(y, x, 0.95), -math.Log(1.1)}} {
		if e := c.d.Estimate(Neighbours{}); math.Abs(c.d.mean-c.want) > 1e-9 || math.Abs(e.Log-c.want) > 1e-9 {
			t.Errorf("%v and %v, want %v", c.d.mean, e.Log, c.want)
		}
	}
}

// A change as great as a measurement calls detectable is found by four of five others like it.
func TestDetectableIsFound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	levels := func(by float64) (all []float64) {
		for range 20 {
			all = append(all, by+0.02*r.NormFloat64())
		}
		return all
	}
	const threshold, trials = 0.05, 400
	found := 0
	for range trials {
		e := estimated(measured(r, levels(0), 5, 0.001), measured(r, levels(0), 5, 0.001))
		change := e.Detectable(threshold, 0.05)
		if again := estimated(measured(r, levels(0), 5, 0.001), measured(r, levels(change), 5, 0.001)); again.Low > threshold && again.P <= 0.05 {
			found++
		}
	}
	if share := float64(found) / trials; share < 0.75 || share > 0.97 {
		t.Errorf("%.0f %% are found", 100*share)
	}
}
