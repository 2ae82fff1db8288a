package synthetic

import (
	"math"

	"github.com/aclements/go-moremath/stats"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/rounds"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
)

// welch reports whether Welch's t on the logarithms of round medians finds a row slower, with the same threshold, as the
// only one found in a table of rows rows.
func welch(cells []series.Cell, rules compare.Options, rows int) bool {
	var a, b stats.StreamStats
	for i, to := range []*stats.StreamStats{&a, &b} {
		for _, samples := range cells[i].Rounds {
			to.Add(math.Log(rounds.Rounds{samples}.Median()))
		}
	}
	va, vb := a.Variance()/a.Weight(), b.Variance()/b.Weight()
	change, se := b.Mean()-a.Mean(), math.Sqrt(va+vb)
	if se == 0 {
		return change > math.Log1p(rules.Delta)
	}
	freedom := (va + vb) * (va + vb) / (va*va/(a.Weight()-1) + vb*vb/(b.Weight()-1))
	t := stats.TDist{V: freedom}
	p := 2 * t.CDF(-math.Abs(change)/se)
	beyond := t.CDF(-(change - math.Log1p(rules.Delta)) / se)
	return change > 0 && p <= rules.Discovery/float64(rows) && beyond <= (1-rules.Confidence)/2
}
