package rounds

import (
	"math"
	"slices"
)

// Side is one of two series: the medians of its rounds.
type Side struct {
	Logs     []float64 // natural logarithms of the medians, in the order of the rounds
	Mean     float64   // of Logs
	sorted   []float64 // the medians, ascending
	squares  float64   // sum of the squared distances of Logs from Mean
	steps    float64   // sum of the squared differences of one round's log to the next
	sampling float64   // variance of a median that comes from the few samples of its round; 0 if unknown
	rounds   Rounds    // from which the side was made
	step     float64   // smallest ratio of two different samples of a round; 0 until it is computed
}

// Take sets s to the medians of rounds, none of which may be zero. It reuses the memory of s, and keeps what is known of
// the samples if the rounds are the same as before.
func (s *Side) Take(r Rounds) {
	if len(r) != len(s.rounds) || &r[0] != &s.rounds[0] {
		s.rounds, s.step = r, 0
	}
	s.Logs, s.sorted = s.Logs[:0], s.sorted[:0]
	s.sampling = 0
	known := 0
	for _, samples := range r {
		log := logMedian(samples)
		s.Logs, s.sorted = append(s.Logs, log), append(s.sorted, math.Exp(log))
		if v, ok := sampling(samples); ok {
			s.sampling += v
			known++
		}
	}
	if known > 0 {
		s.sampling /= float64(known)
	}
	slices.Sort(s.sorted)
	s.sum()
}

// sum computes the sums over Logs.
func (s *Side) sum() {
	s.Mean, s.squares, s.steps = 0, 0, 0
	for _, v := range s.Logs {
		s.Mean += v
	}
	s.Mean /= float64(len(s.Logs))
	for i, v := range s.Logs {
		s.squares += (v - s.Mean) * (v - s.Mean)
		if i > 0 {
			s.steps += (v - s.Logs[i-1]) * (v - s.Logs[i-1])
		}
	}
	if s.squares < 1e-24*float64(len(s.Logs)) { // only rounding errors of equal values
		s.squares, s.steps = 0, 0
	}
}

// variance returns the variance of the mean of Logs.
func (s *Side) variance() float64 {
	n := float64(len(s.Logs))
	return s.squares / (n - 1) / n
}

// logMedian returns the logarithm of the median of a round. For an even number of samples it is the mean of the two
// middle logarithms, so that speeds give the same as times.
func logMedian(sorted []float64) float64 {
	low, high := sorted[(len(sorted)-1)/2], sorted[len(sorted)/2]
	if low == high {
		return math.Log(low)
	}
	if low == 0 {
		return math.Log(high / 2)
	}
	return (math.Log(low) + math.Log(high)) / 2
}

// sampling returns the variance of the logarithm of a median that comes from the few samples of its round, by the
// distance of two samples on either side of it (McKean and Schrader 1984). It returns false for less than five samples.
func sampling(sorted []float64) (variance float64, ok bool) {
	n := len(sorted)
	if n < 5 {
		return 0, false
	}
	const normal = 1.96
	at := max(1, int(math.Round(float64(n+1)/2-normal/2*math.Sqrt(float64(n)))))
	low, high := sorted[at-1], sorted[n-at]
	if low <= 0 {
		return 0, false
	}
	deviation := math.Log(high/low) / (2 * normal)
	return deviation * deviation, true
}

// resolution returns the step in which the medians of both sides are measured, on the scale of logarithms, if some of
// them are equal, as with a coarse clock; 0 if no two are equal.
func resolution(a, b *Side) float64 {
	step, equal := smallest(slices.Sorted(slices.Values(slices.Concat(a.sorted, b.sorted))))
	if !equal {
		return 0
	}
	if step = min(step, a.smallest(), b.smallest()); math.IsInf(step, 1) {
		return 0
	}
	return math.Log(step)
}

// smallest returns the smallest ratio of two ascending values that differ, infinity if none do, and whether any are equal.
func smallest(values []float64) (step float64, equal bool) {
	const same = 1 + 1e-12 // smaller differences are rounding errors
	step = math.Inf(1)
	for i := 1; i < len(values); i++ {
		switch before, v := values[i-1], values[i]; {
		case v <= before*same:
			equal = true
		case v < before*step: // avoids a division, which is slow
			step = v / before
		}
	}
	return step, equal
}

// smallest returns the smallest ratio of two different samples of one round.
func (s *Side) smallest() float64 {
	if s.step > 0 {
		return s.step
	}
	s.step = math.Inf(1)
	for _, samples := range s.rounds {
		if samples[0] > 0 {
			step, _ := smallest(samples)
			s.step = min(s.step, step)
		}
	}
	return s.step
}

// set replaces Logs; the properties of the rounds' samples stay.
func (s *Side) set(logs []float64) {
	s.Logs = append(s.Logs[:0], logs...)
	s.sorted = s.sorted[:0]
	for _, v := range s.Logs {
		s.sorted = append(s.sorted, math.Exp(v))
	}
	slices.Sort(s.sorted)
	s.sum()
}

// logMiddle returns the logarithm of the median of the medians.
func logMiddle(s *Side) float64 { return logMedian(s.sorted) }
