package compare

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"github.com/aclements/go-moremath/stats"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// power is the share of cases in which a change as great as the minimum detectable effect is found.
const power = 0.8

// chance is the probability of a ratio at least as far from 1 if the true one is 1: Student's t on the logarithm.
func chance(log, se, freedom float64) float64 {
	switch {
	case log == 0:
		return 1
	case se == 0:
		return 0
	default:
		return min(1, 2*stats.TDist{V: freedom}.CDF(-math.Abs(log)/se))
	}
}

// detectable is the smallest share of change that would be found with the given power, at this scatter.
func detectable(se, delta, confidence float64, freedom int) float64 {
	return (1+delta)*math.Exp((quantile((1+confidence)/2, freedom)+quantile(power, freedom))*se) - 1
}

// quantiles of Student's t are found by bisection, so they are kept.
var quantiles sync.Map

// quantile of Student's t with so many degrees of freedom, of the normal distribution from 200 on.
func quantile(share float64, freedom int) float64 {
	if freedom >= 200 {
		return normalQuantile(share)
	}
	type key struct {
		share   float64
		freedom int
	}
	if q, ok := quantiles.Load(key{share, freedom}); ok {
		return q.(float64)
	}
	q := stats.InvCDF(stats.TDist{V: float64(freedom)})(share)
	quantiles.Store(key{share, freedom}, q)
	return q
}

func normalQuantile(share float64) float64 { return math.Sqrt2 * math.Erfinv(2*share-1) }

// judge gives the verdicts, which need the whole table: among many comparisons some look like differences by chance.
func judge(rows []Row, o Options) {
	discover(rows)
	for i := range rows {
		if rows[i].Why == nil {
			rows[i].Verdict = rows[i].judge(o)
		}
	}
}

// discover turns the p-values of all rows into false discovery rates (Benjamini and Hochberg 1995). Those of 1 stay what
// they are, whatever their rank.
func discover(rows []Row) {
	type ranked struct {
		p   float64
		row int
	}
	order := make([]ranked, 0, len(rows))
	all := 0
	for i := range rows {
		r := &rows[i]
		if r.Why != nil {
			continue
		}
		all++
		if r.P < 1 {
			order = append(order, ranked{float64(r.P), i})
		} else {
			r.Q = 1
		}
	}
	slices.SortFunc(order, func(a, b ranked) int { return cmp.Compare(a.p, b.p) })
	q := 1.0
	for rank := len(order); rank > 0; rank-- {
		r := &order[rank-1]
		q = min(q, r.p*float64(all)/float64(rank))
		rows[r.row].Q = Number(q)
	}
}

// judge gives one verdict.
func (r *Row) judge(o Options) Verdict {
	higher, lower := float64(r.Low) > 1+o.Delta, float64(r.High) < 1-o.Delta
	switch {
	case (higher || lower) && float64(r.Q) <= o.Discovery:
		if higher == (r.Better == record.Higher) {
			return Faster
		}
		return Slower
	case float64(r.High-r.Low) > o.Noisy*float64(r.Ratio):
		return TooNoisy
	default:
		return NoDifference
	}
}

// Proportion is the interval of a share of which k in n were seen (Wilson 1927).
func Proportion(k, n int, confidence float64) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	z, size := normalQuantile((1+confidence)/2), float64(n)
	share := float64(k) / size
	middle := (share + z*z/(2*size)) / (1 + z*z/size)
	half := z / (1 + z*z/size) * math.Sqrt(share*(1-share)/size+z*z/(4*size*size))
	return max(0, middle-half), min(1, middle+half)
}
