package rounds

import (
	"math"
	"slices"
)

// mostPairs is the largest number of pairs for which all averages of two are listed.
const mostPairs = 300

// signed is Wilcoxon's signed-rank test of differences. It returns the p-value, and the interval and estimate that belong
// to the test, which come from the averages of all pairs of differences. The interval is infinite if there are too few
// differences for the confidence.
func signed(differences []float64, confidence float64) (p, low, middle, high float64) {
	n := len(differences)
	if n > mostPairs {
		return 1, math.Inf(-1), 0, math.Inf(1)
	}
	averages := make([]float64, 0, n*(n+1)/2)
	above, below := 0.0, 0.0
	for i, v := range differences {
		for _, w := range differences[:i+1] {
			average := (v + w) / 2
			averages = append(averages, average)
			switch {
			case average > 1e-12:
				above++
			case average < -1e-12:
				below++
			default:
				above, below = above+0.5, below+0.5
			}
		}
	}
	slices.Sort(averages)
	upTo := signedDistribution(n)
	p = min(1, 2*upTo[int(math.Ceil(min(above, below)))])
	middle = (averages[(len(averages)-1)/2] + averages[len(averages)/2]) / 2
	rank := 0 // the largest for which the probability is small enough
	for rank < len(upTo) && upTo[rank] <= (1-confidence)/2 {
		rank++
	}
	if rank == 0 {
		return p, math.Inf(-1), middle, math.Inf(1)
	}
	return p, averages[rank-1], middle, averages[len(averages)-rank]
}

// signedDistribution returns the probability of each sum of ranks or a smaller one, if each of the ranks 1 to n counts
// with probability 1/2.
func signedDistribution(n int) []float64 {
	p := make([]float64, n*(n+1)/2+1)
	p[0] = 1
	for rank := 1; rank <= n; rank++ {
		for sum := rank * (rank + 1) / 2; sum >= 0; sum-- {
			p[sum] /= 2
			if sum >= rank {
				p[sum] += p[sum-rank] / 2
			}
		}
	}
	for i := 1; i < len(p); i++ {
		p[i] += p[i-1]
	}
	return p
}
