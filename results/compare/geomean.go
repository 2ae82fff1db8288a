package compare

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/compare/bootstrap"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Geomean is the geometric mean of a column's ratios in one unit.
type Geomean struct {
	Target     string `json:"target"`
	Unit       string `json:"unit"`
	Benchmarks int    `json:"benchmarks"`
	Ratio      Number `json:"ratio"`
	Low        Number `json:"low"`
	High       Number `json:"high"`
}

type group struct{ target, unit string }

// mean sums the logarithms of ratios, and those of each resample: the i-th resample of all benchmarks has the same
// rounds of the machine, so their mean scatters as the machine does. The sums are of whole numbers, because the sum of
// floating-point numbers would depend on which worker comes first.
type mean struct {
	mu        sync.Mutex
	n         int
	sum       int64
	variance  int64 // of single rounds, where there are no resamples
	resamples []int64
}

// unitOfSum is the finest step of a logarithm that is summed.
const unitOfSum = 1 << 40

// means are those of all columns and units.
type means struct {
	mu sync.Mutex
	of map[group]*mean
}

// get returns a group's mean, which may be new.
func (m *means) get(g group) *mean {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil {
		m.of = map[group]*mean{}
	}
	if m.of[g] == nil {
		m.of[g] = &mean{}
	}
	return m.of[g]
}

// mean adds a row. The worker's logs are the row's.
func (w *worker) mean(r *Row, e estimated) {
	if math.IsInf(e.se, 0) || e.ratio == 0 {
		return
	}
	m := w.means.get(group{r.Target, r.Unit})
	m.mu.Lock()
	defer m.mu.Unlock()
	m.n++
	m.sum += int64(math.Log(e.ratio) * unitOfSum)
	if r.Test == Rank {
		m.variance += int64(e.se * e.se * unitOfSum)
		return
	}
	if e.se == 0 {
		return // a ratio that does not scatter adds the same to all resamples; see interval
	}
	if m.resamples == nil {
		m.resamples = make([]int64, len(w.logs))
	}
	center := math.Log(e.ratio)
	for i, v := range w.logs {
		m.resamples[i] += int64((v - center) * unitOfSum)
	}
}

// geomeans turns the sums into means with intervals.
func (c *comparison) geomeans(t *Table) []Geomean {
	list := []Geomean{}
	for g, m := range c.means.of {
		if m.n > 1 {
			list = append(list, m.geomean(g, c.options.Confidence))
		}
	}
	slices.SortFunc(list, func(a, b Geomean) int {
		return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(slices.Index(t.Columns, a.Target), slices.Index(t.Columns, b.Target)))
	})
	return list
}

func (m *mean) geomean(g group, confidence float64) Geomean {
	n := float64(m.n)
	center := float64(m.sum) / unitOfSum / n
	half := normalQuantile((1+confidence)/2) * math.Sqrt(float64(m.variance)/unitOfSum) / n
	low, high := -half, half
	if m.resamples != nil {
		logs := make([]float64, len(m.resamples))
		for i, v := range m.resamples {
			logs[i] = float64(v) / unitOfSum / n
		}
		low, high = bootstrap.Quantile(logs, (1-confidence)/2), bootstrap.Quantile(logs, (1+confidence)/2)
	}
	return Geomean{g.target, g.unit, m.n, Number(math.Exp(center)), Number(math.Exp(center + min(0, low))),
		Number(math.Exp(center + max(0, high)))}
}

// notes says what a reader of the table has to know about it, once.
func (c *comparison) notes(t *Table) []record.Sentence {
	var notes []record.Sentence
	add := func(en, zh string, args ...any) { notes = append(notes, record.Sayf(en, zh, args...)) }
	said := map[string]bool{}
	for i, why := range c.refused {
		if why != nil && i != c.reference && !said[why.En] {
			said[why.En] = true
			notes = append(notes, *why)
		}
	}
	for _, column := range c.set.Columns {
		if column.Noisy > 0 {
			add("%s: %d rounds were too noisy and are not used", "%s：%d 轮噪声过大，未予采用", column.Label, column.Noisy)
		}
	}
	for i := range t.Rows {
		if t.Rows[i].Test == Rank && t.Rows[i].Why == nil {
			add("one round each: the rank test tells whether these series differ, not whether the machines do",
				"每个序列只有一轮：秩检验只说明这些序列是否不同，并不说明机器是否不同")
			break
		}
	}
	return notes
}
