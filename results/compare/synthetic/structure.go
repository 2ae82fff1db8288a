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
	Longer  int // rounds of the other side, if it has another number of them

	levels func(random *rand.Rand, n int) []float64             // of rounds, as logarithms
	sample func(random *rand.Rand, level float64) (log float64) // of one sample in a round of this level
	value  func(truth float64) float64                          // what a clock shows of it; nil for all of it
}

// Structures are those that the document on measuring shows.
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

// level is what is measured, before any change.
const level = 100

// Rounds measures something that takes a hundred times the ratio.
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

// steady rounds are all alike.
func steady(_ *rand.Rand, n int) []float64 { return make([]float64, n) }

// drift is rounds that have nothing to do with each other.
func drift(deviation float64) func(*rand.Rand, int) []float64 { return autoregressive(0, deviation) }

// autoregressive is rounds that remember the one before by rho. The series begins anywhere in its course.
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

// turbo is the logarithm of how much faster a processor is in one of its two states.
var turbo = math.Log(1.15)

// turboRounds is rounds that each have one state or the other.
func turboRounds(random *rand.Rand, n int) []float64 {
	levels := make([]float64, n)
	for i := range levels {
		levels[i] = turbo * float64(random.IntN(2))
	}
	return levels
}

// turboSamples is samples that each have one state or the other.
func turboSamples(random *rand.Rand, level float64) float64 {
	return level + turbo*float64(random.IntN(2)) + 0.02*random.NormFloat64()
}

// normal samples scatter by a deviation; one in a hundred is disturbed besides, and takes up to twice as long.
func normal(deviation float64) func(*rand.Rand, float64) float64 {
	return func(random *rand.Rand, level float64) float64 {
		log := level + deviation*random.NormFloat64()
		if random.Float64() < 0.01 {
			log += math.Log(1 + random.Float64())
		}
		return log
	}
}

// pareto is samples with a long tail: their mean hardly settles, and their variance never does.
func pareto(random *rand.Rand, level float64) float64 {
	return level + math.Log(1+0.1*(math.Pow(1-random.Float64(), -1/1.2)-1))
}

// cauchy is samples with long tails to both sides.
func cauchy(random *rand.Rand, level float64) float64 {
	return level + math.Log(max(0.01, 1+0.02*math.Tan(math.Pi*(random.Float64()-0.5))))
}

// twoValues is samples that are one of two values, as of a counter.
func twoValues(random *rand.Rand, level float64) float64 {
	return level + math.Log(1.1)*float64(random.IntN(2))
}
