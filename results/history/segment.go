package history

import (
	"math"
	"slices"

	"github.com/aclements/go-moremath/mathx"
	"github.com/xcmatrix/xcmatrix/results/median"
)

// shortest is the smallest number of runs of a level: one run may lie apart for its own reasons.
const shortest = 2

// allIntervals is the largest number of runs for which the segmenter examines every interval.
const allIntervals = 48

// interval is a part of a series: from is its first run, to is after its last.
type interval struct{ from, to int }

// intervals returns the parts of n runs within which the segmenter looks for a change. For many runs they are seeded
// intervals (Kovács, Li, Bühlmann and Munk 2023, Biometrika 110): those of each layer are shorter by √2 than those of the
// layer before, and overlap by half. So some interval contains each change without its neighbours.
func intervals(n int) []interval {
	var all []interval
	if n <= allIntervals {
		for from := 0; from < n; from++ {
			for to := from + 2*shortest; to <= n; to++ {
				all = append(all, interval{from, to})
			}
		}
		return all
	}
	seen := map[interval]bool{}
	for length := float64(n); length >= 2*shortest; length /= math.Sqrt2 {
		size := int(math.Ceil(length))
		pieces := 2*int(math.Ceil(float64(n)/length)) - 1
		for k := range pieces {
			from := 0
			if pieces > 1 {
				from = (n - size) * k / (pieces - 1)
			}
			if i := (interval{from, from + size}); !seen[i] {
				seen[i] = true
				all = append(all, i)
			}
		}
	}
	return all
}

// segmenter finds the changes of level in a series of logarithms.
type segmenter struct {
	values    []float64
	sums      []float64 // sum of the values before each place
	squares   []float64
	intervals []interval
	places    float64 // number of places examined, in all intervals
	least     float64 // smallest difference of logarithms that counts
	alpha     float64
	critical  map[int]float64 // t² from which a place can be significant, by degrees of freedom

	scatter float64 // variance between runs, from the differences of neighbours; 0 if unknown
	freedom int     // degrees of freedom of scatter
}

// newSegmenter returns a segmenter for the logarithms values.
func newSegmenter(values []float64, delta, alpha float64) *segmenter {
	n := len(values)
	s := &segmenter{sums: make([]float64, n+1), squares: make([]float64, n+1), intervals: intervals(n),
		least: math.Log1p(delta), alpha: alpha, critical: map[int]float64{}}
	middle := 0.0
	if n > 0 {
		middle = median.Of(values) // makes the differences of squares small
	}
	for i, v := range values {
		s.values = append(s.values, v-middle)
		s.sums[i+1] = s.sums[i] + s.values[i]
		s.squares[i+1] = s.squares[i] + s.values[i]*s.values[i]
	}
	for _, i := range s.intervals {
		s.places += float64(i.to - i.from - 2*shortest + 1)
	}
	s.scatter, s.freedom = neighbourVariance(values)
	return s
}

// trimmed is the share of the differences between neighbours that neighbourVariance leaves out, the largest: those across
// a change.
const trimmed = 0.25

// neighbourVariance returns the variance of runs around their level and its degrees of freedom, from the differences of
// neighbours without the largest; 0 if there are too few, or most are equal. Its factor is right for normal values: the
// mean square of a normal variable between the quantiles that trimming leaves.
func neighbourVariance(values []float64) (variance float64, freedom int) {
	var squares []float64
	for i := range len(values) - 1 {
		d := values[i+1] - values[i]
		squares = append(squares, d*d/2)
	}
	slices.Sort(squares)
	kept := len(squares) - int(math.Ceil(trimmed*float64(len(squares))))
	if kept < 4 {
		return 0, 0
	}
	sum := 0.0
	for _, q := range squares[:kept] {
		sum += q
	}
	share := float64(kept) / float64(len(squares))
	z := math.Sqrt2 * math.Erfinv(share)
	expected := 1 - 2*z*math.Exp(-z*z/2)/math.Sqrt(2*math.Pi)/share
	return sum / float64(kept) / expected, min(mostFreedom, max(1, int(neighbourFreedom*float64(len(squares)))))
}

// neighbourFreedom is the number of degrees of freedom that a difference adds: neighbouring differences share a run, and
// trimming costs some. The value was found by simulation.
const neighbourFreedom = 0.4

// mostFreedom is the largest number of degrees of freedom. It keeps the tail of t heavy for long series, whose runs are
// not normal: some lie far apart.
const mostFreedom = 12

// changes returns the places where a level begins, ascending. It is binary segmentation by the narrowest interval: it
// takes the interval and place with the smallest p-value of Student's t for the runs before and after. The p-value is
// multiplied by the number of places examined, so that a series without a change has one found no more often than alpha.
func (s *segmenter) changes() []int {
	var found []int
	var split func(from, to int)
	split = func(from, to int) {
		best, bestP := 0, s.alpha
		for _, i := range s.intervals {
			if i.from < from || i.to > to {
				continue
			}
			for at := i.from + shortest; at <= i.to-shortest; at++ {
				if p := s.p(i.from, at, i.to); p < bestP {
					best, bestP = at, p
				}
			}
		}
		if best == 0 {
			return
		}
		found = append(found, best)
		split(from, best)
		split(best, to)
	}
	split(0, len(s.values))
	slices.Sort(found)
	return s.kept(found)
}

// kept removes, the weakest first, each change that is not significant between the whole levels on both sides.
func (s *segmenter) kept(found []int) []int {
	for {
		worst, worstP := -1, s.alpha
		for i := range found {
			from, at, to := s.around(found, i)
			if p := s.wholeP(from, at, to); p > worstP {
				worst, worstP = i, p
			}
		}
		if worst < 0 {
			return found
		}
		found = slices.Delete(found, worst, worst+1)
	}
}

// around returns the beginning of the level before change i, the change, and the end of the level after it.
func (s *segmenter) around(found []int, i int) (from, at, to int) {
	to = len(s.values)
	if i > 0 {
		from = found[i-1]
	}
	if i+1 < len(found) {
		to = found[i+1]
	}
	return from, found[i], to
}

// p returns the corrected p-value of a difference between the runs before and after a place, at most 1. It is 1 if the
// difference is too small to count, or not significant.
func (s *segmenter) p(from, at, to int) float64 {
	before, after := float64(at-from), float64(to-at)
	meanBefore, meanAfter := (s.sums[at]-s.sums[from])/before, (s.sums[to]-s.sums[at])/after
	difference := meanAfter - meanBefore
	if math.Abs(difference) <= s.least {
		return 1
	}
	share := 1/before + 1/after
	spread := s.squares[to] - s.squares[from] - before*meanBefore*meanBefore - after*meanAfter*meanAfter
	freedom := to - from - 2
	variance := max(0, spread) / float64(freedom) * share
	if variance <= 1e-18 {
		return 0 // values such as counts, without any scatter
	}
	p := s.tail(difference*difference/variance, freedom)
	if s.scatter > 0 && variance <= uneven*s.scatter*share { // one run that lies apart is not a level
		p = min(p, s.tail(difference*difference/(s.scatter*share), s.freedom))
	}
	return p
}

// uneven is how many times larger than between neighbours the variance of the runs of a level may be.
const uneven = 9

// wholeP does what p does for two whole levels, in which single runs may lie apart: it also compares their medians, whose
// variance is π/2 times that of means.
func (s *segmenter) wholeP(from, at, to int) float64 {
	p := s.p(from, at, to)
	difference := median.Of(s.values[at:to]) - median.Of(s.values[from:at])
	if s.scatter == 0 || math.Abs(difference) <= s.least {
		return p
	}
	share := math.Pi / 2 * (1/float64(at-from) + 1/float64(to-at))
	return min(p, s.tail(difference*difference/(s.scatter*share), s.freedom))
}

// tail returns the p-value of t², corrected for all places and for two estimates of the scatter; 1 if it is above alpha.
func (s *segmenter) tail(t2 float64, freedom int) float64 {
	if t2 < s.criticalSquare(freedom) {
		return 1
	}
	return min(1, 2*s.places*studentTail(t2, freedom))
}

// criticalSquare returns the smallest t² whose corrected p-value is below alpha. It keeps the values by degrees of
// freedom.
func (s *segmenter) criticalSquare(freedom int) float64 {
	if c, ok := s.critical[freedom]; ok {
		return c
	}
	low, high := 0.0, 1.0
	for 2*s.places*studentTail(high, freedom) > s.alpha && high < 1e30 {
		low, high = high, 4*high
	}
	for range 60 {
		if middle := (low + high) / 2; 2*s.places*studentTail(middle, freedom) > s.alpha {
			low = middle
		} else {
			high = middle
		}
	}
	s.critical[freedom] = low
	return low
}

// studentTail returns the two-sided tail of Student's t, from t².
func studentTail(t2 float64, freedom int) float64 {
	f := float64(freedom)
	return mathx.BetaInc(f/(f+t2), f/2, 0.5)
}
