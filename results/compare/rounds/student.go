package rounds

import (
	"math"
	"sync"

	"github.com/aclements/go-moremath/stats"
)

// tail returns the probability of a mean at least as far from 0 if the true one is 0, by Student's t.
func tail(mean, se, freedom float64) float64 {
	switch {
	case math.Abs(mean) < 1e-12:
		return 1
	case se == 0:
		return 0
	default:
		return min(1, 2*stats.TDist{V: freedom}.CDF(-math.Abs(mean)/se))
	}
}

// quantiles caches quantiles of Student's t, because bisection is slow.
var quantiles sync.Map

// Quantile returns the quantile of Student's t for a share and a number of degrees of freedom, rounded down to a tenth;
// from 200 on that of the normal distribution.
func Quantile(share, freedom float64) float64 {
	if freedom >= 200 {
		return normalQuantile(share)
	}
	type key struct{ share, freedom float64 }
	k := key{share, max(1, math.Floor(freedom*10+1e-9)/10)}
	if q, ok := quantiles.Load(k); ok {
		return q.(float64)
	}
	low, high := 0.0, 1.0
	t := stats.TDist{V: k.freedom}
	for t.CDF(-high) > 1-share && high < 1e12 {
		low, high = high, 2*high
	}
	for high-low > 1e-10*high {
		middle := (low + high) / 2
		if t.CDF(-middle) > 1-share {
			low = middle
		} else {
			high = middle
		}
	}
	quantiles.Store(k, high)
	return high
}

// normalQuantile returns the quantile of the standard normal distribution for a share.
func normalQuantile(share float64) float64 { return math.Sqrt2 * math.Erfinv(2*share-1) }

// reach returns the distance, in estimated standard errors, that a change must have from a threshold so that another
// measurement finds it with this power. That measurement finds it if it is more than critical of its own standard errors
// beyond the threshold. Both estimates scatter: about normally, with the mean and variance of the square root of a
// chi-square.
func reach(critical, freedom, power float64) float64 {
	z := normalQuantile(power)
	if freedom >= 200 {
		return critical + z
	}
	up, _ := math.Lgamma((freedom + 1) / 2)
	down, _ := math.Lgamma(freedom / 2)
	mean := math.Sqrt(2/freedom) * math.Exp(up-down)
	v := max(0, 1-mean*mean)
	// (k-critical) mean = z √(1 + (critical² + k²) v), for k.
	a, b, c := mean*mean-z*z*v, -2*critical*mean*mean, critical*critical*mean*mean-z*z*(1+critical*critical*v)
	if a <= 0 {
		return math.Inf(1)
	}
	return (-b + math.Sqrt(b*b-4*a*c)) / (2 * a)
}
