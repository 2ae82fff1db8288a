package synthetic

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/compare/rounds"
)

// Structure is a way in which measurements scatter. All deviations are relative.
type Structure struct {
	Name    string
	Samples int // in a round
	Longer  int // rounds of the other side; 0 for the same number

	levels func(random *rand.Rand, n int) []float64             // of rounds, as logarithms
	sample func(random *rand.Rand, level float64) (log float64) // of one sample in a round of this level
	value  func(truth float64) float64                          // the value that a clock shows; nil for the true one
}

// Structures returns the structures that docs/measuring.md shows.
func Structures() []Structure {
	const samples = 20
	return []Structure{
		{Name: "independent, 2 %", Samples: samples, levels: steady, sample: normal(0.02)},
		{Name: "independent, 10 %", Samples: samples, levels: steady, sample: normal(0.10)},
		{Name: "drift 2 %, within 2 %", Samples: samples, levels: drift(0.02), sample: normal(0.02)},
		{Name: "drift 5 %, within 5 %", Samples: samples, levels: drift(0.05), sample: normal(0.05)},
		{Name: "drift 10 %, within 2 %", Samples: samples, levels: drift(0.10), sample: normal(0.02)},
		{Name: "autoregressive 0.9", Samples: samples, levels: autoregressive(0.9, 0.05), sample: normal(0.02)},
		{Name: "autoregressive 0.95", Samples: samples, levels: autoregressive(0.95, 0.05), sample: normal(0.02)},
		{Name: "turbo of a round, 15 %", Samples: samples, levels: turboRounds, sample: normal(0.02)},
		{Name: "turbo of a sample, 15 %", Samples: samples, levels: steady, sample: turboSamples},
		{Name: "Pareto", Samples: samples, levels: steady, sample: pareto},
		{Name: "Cauchy", Samples: samples, levels: steady, sample: cauchy},
		{Name: "ticks of 1 %", Samples: samples, levels: drift(0.01), sample: normal(0.01), value: math.Round},
		{Name: "two values, 10 % apart", Samples: samples, levels: steady, sample: twoValues},
		{Name: "drift 5 %, against 50 rounds", Samples: samples, Longer: 50, levels: drift(0.05), sample: normal(0.05)},
		{Name: "drift 5 %, one sample a round", Samples: 1, levels: drift(0.05), sample: normal(0.05)},
	}
}

// level is the true value before any change.
const level = 100

// Rounds returns n rounds of measurements whose true value is level times ratio.
func (s *Structure) Rounds(random *rand.Rand, ratio float64, n int) rounds.Rounds {
	all := make(rounds.Rounds, n)
	for i, l := range s.levels(random, n) {
		all[i] = make([]float64, s.Samples)
		for k := range all[i] {
			v := level * ratio * math.Exp(s.sample(random, l))
			if s.value != nil {
				v = s.value(v)
			}
			all[i][k] = v
		}
		slices.Sort(all[i])
	}
	return all
}

// steady returns the levels of equal rounds.
func steady(_ *rand.Rand, n int) []float64 { return make([]float64, n) }

// drift returns a function for the levels of independent rounds.
func drift(deviation float64) func(*rand.Rand, int) []float64 { return autoregressive(0, deviation) }

// autoregressive returns a function for the levels of rounds that depend on the round before with the coefficient rho.
// The series begins in its stationary state.
func autoregressive(rho, deviation float64) func(*rand.Rand, int) []float64 {
	return func(random *rand.Rand, n int) []float64 {
		levels := make([]float64, n)
		x := deviation * random.NormFloat64()
		for i := range levels {
			levels[i] = x
			x = rho*x + deviation*math.Sqrt(1-rho*rho)*random.NormFloat64()
		}
		return levels
	}
}

// turbo is the difference, as a logarithm, between the two speeds of a processor.
var turbo = math.Log(1.15)

// turboRounds returns levels of rounds that each have one of the two speeds.
func turboRounds(random *rand.Rand, n int) []float64 {
	levels := make([]float64, n)
	for i := range levels {
		levels[i] = turbo * float64(random.IntN(2))
	}
	return levels
}

// turboSamples returns a sample with one of the two speeds.
func turboSamples(random *rand.Rand, level float64) float64 {
	return level + turbo*float64(random.IntN(2)) + 0.02*random.NormFloat64()
}

// normal returns a function for samples with a normal deviation; one in a hundred is disturbed and takes up to twice as
// long.
func normal(deviation float64) func(*rand.Rand, float64) float64 {
	return func(random *rand.Rand, level float64) float64 {
		log := level + deviation*random.NormFloat64()
		if random.Float64() < 0.01 {
			log += math.Log(1 + random.Float64())
		}
		return log
	}
}

// pareto returns a sample with a long tail: the mean of such samples converges slowly, and their variance does not.
func pareto(random *rand.Rand, level float64) float64 {
	return level + math.Log(1+0.1*(math.Pow(1-random.Float64(), -1/1.2)-1))
}

// cauchy returns a sample with long tails on both sides.
func cauchy(random *rand.Rand, level float64) float64 {
	return level + math.Log(max(0.01, 1+0.02*math.Tan(math.Pi*(random.Float64()-0.5))))
}

// twoValues returns one of two values, as a counter gives them.
func twoValues(random *rand.Rand, level float64) float64 {
	return level + math.Log(1.1)*float64(random.IntN(2))
}
