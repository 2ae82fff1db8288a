package ranktest

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/perf/benchmath"
)

// enumerate is the definition: of all ways to deal the values to samples of these sizes, the share whose U is at most
// the smaller of the U of a and its mirror, doubled.
func enumerate(a, b []float64) float64 {
	all := slices.Concat(a, b)
	twoU := func(first uint) (u int) {
		for i := range all {
			for j := range all {
				if first>>i&1 == 1 && first>>j&1 == 0 {
					switch {
					case all[i] > all[j]:
						u += 2
					case all[i] == all[j]:
						u++
					}
				}
			}
		}
		return u
	}
	pairs := len(a) * len(b)
	seen := twoU(1<<len(a) - 1)
	small := min(seen, 2*pairs-seen)
	if small == pairs {
		return 1
	}
	ways, total := 0, 0
	for deal := uint(0); deal < 1<<len(all); deal++ {
		if bits.OnesCount(deal) != len(a) {
			continue
		}
		total++
		if twoU(deal) <= small {
			ways++
		}
	}
	return min(1, 2*float64(ways)/float64(total))
}

// draw returns n sorted values of which many are equal if levels is small.
func draw(r *rand.Rand, n, levels int) []float64 {
	s := make([]float64, n)
	for i := range s {
		s[i] = float64(1 + r.IntN(levels))
	}
	slices.Sort(s)
	return s
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-11*max(got, want) {
		t.Errorf("%s: p = %v, want %v", what, got, want)
	}
}

func TestSameAsEnumeration(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var tester Tester
	for n1 := 1; n1 <= 10; n1++ {
		for n2 := 1; n1+n2 <= 13; n2++ {
			for _, levels := range []int{2, 3, 6, 12, 1000} {
				a, b := draw(r, n1, levels), draw(r, n2, levels)
				p, err := tester.P(a, b)
				if errors.Is(err, ErrEqual) {
					continue
				}
				near(t, fmt.Sprint(a, b), p, enumerate(a, b))
			}
		}
	}
	for _, levels := range []int{4, 9, 30} { // the largest the issue names, few because 2^20 deals take their time
		a, b := draw(r, 10, levels), draw(r, 10, levels)
		p, err := tester.P(a, b)
		if err != nil {
			t.Fatal(err)
		}
		near(t, fmt.Sprint(a, b), p, enumerate(a, b))
	}
}

func TestSameAsBenchmath(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var tester Tester
	for range 400 {
		n1, n2 := 1+r.IntN(60), 1+r.IntN(60)
		if r.IntN(2) == 0 { // where ties are exact
			n1, n2 = 1+r.IntN(14), 1+r.IntN(14)
		}
		levels := []int{2, 5, 20, 200, 1e9}[r.IntN(5)]
		a, b := draw(r, n1, levels), draw(r, n2, levels)
		if r.IntN(3) == 0 {
			for i := range b {
				b[i] += float64(levels / 4)
			}
		}
		want := benchmath.AssumeNothing.Compare(benchmath.NewSample(slices.Clone(a), &benchmath.DefaultThresholds),
			benchmath.NewSample(slices.Clone(b), &benchmath.DefaultThresholds))
		p, err := tester.P(a, b)
		if err != nil {
			if want.P != 1 {
				t.Errorf("%v %v: %v, benchmath says p = %v", a, b, err, want.P)
			}
			continue
		}
		near(t, fmt.Sprint(a, b), p, min(1, want.P))
	}
}

func TestNoAnswer(t *testing.T) {
	var tester Tester
	if _, err := tester.P(nil, []float64{1}); !errors.Is(err, ErrEmpty) {
		t.Errorf("empty: %v", err)
	}
	if _, err := tester.P([]float64{2, 2}, []float64{2}); !errors.Is(err, ErrEqual) {
		t.Errorf("equal: %v", err)
	}
}

// The interval must be what testing says: just inside it the test cannot tell the two apart, just outside it can.
func TestRatioIsTheTestInverted(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var tester Tester
	for range 50 {
		a, b := make([]float64, 4+r.IntN(20)), make([]float64, 4+r.IntN(20))
		for i := range a {
			a[i] = 100 * math.Exp(0.05*r.NormFloat64())
		}
		for i := range b {
			b[i] = 130 * math.Exp(0.05*r.NormFloat64())
		}
		slices.Sort(a)
		slices.Sort(b)
		low, high := tester.Ratio(a, b, 0.95)
		for _, c := range []struct {
			ratio  float64
			differ bool
		}{{low * (1 - 1e-7), true}, {low * (1 + 1e-7), false}, {high * (1 - 1e-7), false}, {high * (1 + 1e-7), true}} {
			scaled := make([]float64, len(a))
			for i, v := range a {
				scaled[i] = v * c.ratio
			}
			p, err := tester.P(scaled, b)
			if err != nil || (p <= 0.05) != c.differ {
				t.Errorf("%d and %d values, ratio %v of [%v, %v]: p = %v, %v", len(a), len(b), c.ratio, low, high, p, err)
			}
		}
	}
	if low, high := tester.Ratio([]float64{1, 2, 3}, []float64{7, 8, 9}, 0.95); low != 0 || !math.IsInf(high, 1) {
		t.Errorf("three values a side: [%v, %v]", low, high)
	}
	if low, high := tester.Ratio(make([]float64, 0), []float64{1}, 0.95); low != 0 || !math.IsInf(high, 1) {
		t.Errorf("no values: [%v, %v]", low, high)
	}
}

func BenchmarkTest(b *testing.B) {
	for _, c := range []struct {
		name   string
		levels int
	}{{"few ties", 500}, {"many ties", 12}, {"no ties", 1 << 40}} {
		r := rand.New(rand.NewPCG(7, 8))
		pairs := make([][2][]float64, 1000)
		for i := range pairs {
			pairs[i] = [2][]float64{draw(r, 20, c.levels), draw(r, 20, c.levels)}
		}
		b.Run(c.name+"/ours", func(b *testing.B) {
			var t Tester
			for i := 0; b.Loop(); i++ {
				p := pairs[i%len(pairs)]
				_, _ = t.P(p[0], p[1])
			}
		})
		b.Run(c.name+"/benchmath", func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				p := pairs[i%len(pairs)]
				x, y := benchmath.NewSample(p[0], &benchmath.DefaultThresholds), benchmath.NewSample(p[1], &benchmath.DefaultThresholds)
				benchmath.AssumeNothing.Compare(x, y)
			}
		})
	}
	b.Run("interval", func(b *testing.B) {
		r := rand.New(rand.NewPCG(7, 8))
		x, y := draw(r, 20, 1000), draw(r, 20, 1000)
		var t Tester
		for b.Loop() {
			t.Ratio(x, y, 0.95)
		}
	})
}
