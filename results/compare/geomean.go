package compare

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/compare/rounds"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
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

// mean sums the logarithms of ratios, and the influence of each round on them: the i-th rounds of all benchmarks ran on
// the same machine in the same minutes, so a bad round is bad for all of them, and their mean scatters as the machine
// does. The sums are of integers, because a sum of floating-point numbers would depend on the order of workers.
type mean struct {
	mu       sync.Mutex
	n        int
	sum      int64
	variance int64      // of single rounds
	moves    [2][]int64 // contribution of each round of the reference and of the column to the mean
	paired   bool
	plain    float64 // sum of the squared standard errors of independent rounds
	widened  float64 // sum of the squared standard errors that the intervals use
}

// unitOfSum is the number of integer steps in a logarithm of 1.
const unitOfSum = 1 << 40

// means has the means of all columns and units.
type means struct {
	mu sync.Mutex
	of map[group]*mean
}

// get returns the mean of a group; it adds one if there is none.
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

// geomean reports whether a row has a ratio that can be averaged.
func (c *comparison) geomean(r *Row) bool {
	return r.Ratio.Known() && r.Ratio > 0 && r.Low > 0 && r.High.Known()
}

// addSingle adds a ratio of single rounds.
func (m *mean) addSingle(log, se float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.n++
	m.sum += int64(log * unitOfSum)
	m.variance += int64(se * se * unitOfSum)
}

// add adds a benchmark of several rounds.
func (m *mean) add(test Test, reference, cell *rounds.Side) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.n++
	m.sum += int64((cell.Mean - reference.Mean) * unitOfSum)
	m.paired = test == Paired
	for i, s := range [...]*rounds.Side{reference, cell} {
		count := float64(len(s.Logs))
		for k, v := range s.Logs {
			if k == len(m.moves[i]) {
				m.moves[i] = append(m.moves[i], 0)
			}
			m.moves[i][k] += int64((v - s.Mean) / math.Sqrt(count*(count-1)) * unitOfSum)
		}
	}
}

// addErrors adds the standard errors of an estimate, as of independent rounds and as the interval uses them.
func (m *mean) addErrors(e *rounds.Estimate) {
	plain := e.Error / e.Widened
	m.plain += plain * plain
	m.widened += e.Error * e.Error
}

// geomeans returns the geometric means of the sums, with intervals.
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

// geomean returns the geometric mean of a group with its interval.
func (m *mean) geomean(g group, confidence float64) Geomean {
	n := float64(m.n)
	center := float64(m.sum) / unitOfSum / n
	half := normalQuantile((1+confidence)/2) * math.Sqrt(float64(m.variance)/unitOfSum) / n
	if len(m.moves[0]) > 0 {
		variance, freedom := m.spread()
		if m.plain > 0 {
			variance *= m.widened / m.plain
		}
		half = rounds.Quantile((1+confidence)/2, freedom) * math.Sqrt(variance) / n
	}
	return Geomean{g.target, g.unit, m.n, Number(math.Exp(center)), Number(math.Exp(center - half)), Number(math.Exp(center + half))}
}

// spread returns the variance of the sum of all logarithms and its degrees of freedom (Welch 1947).
func (m *mean) spread() (variance, freedom float64) {
	square := func(moves []int64, less []int64) (sum float64) {
		for i, v := range moves {
			if less != nil {
				v -= less[i]
			}
			sum += float64(v) / unitOfSum * float64(v) / unitOfSum
		}
		return sum
	}
	if m.paired && len(m.moves[0]) == len(m.moves[1]) {
		return square(m.moves[1], m.moves[0]), float64(len(m.moves[0]) - 1)
	}
	a, b := square(m.moves[0], nil), square(m.moves[1], nil)
	n, k := float64(len(m.moves[0])-1), float64(len(m.moves[1])-1)
	if a+b == 0 {
		return 0, n + k
	}
	return a + b, (a + b) * (a + b) / (a*a/n + b*b/k)
}

// notes returns sentences that explain a table as a whole.
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
		for _, u := range column.Unused {
			notes = append(notes, notUsed(&column, u))
		}
		if len(column.Emulated) > 0 {
			add("%s: not compared, because its speed is the emulator's: %s", "%s：以下目标测得的是模拟器的速度，不参与比较：%s", column.Label, some(column.Emulated))
		}
	}
	for _, column := range c.set.Columns {
		if slices.ContainsFunc(column.Payloads, series.Payload.OldWorldRuntime) {
			add("%s: Go runtime modified for the old world, where reading the clock is a system call",
				"%s：Go 运行时已为旧世界修改；在旧世界中读取时钟需经系统调用", column.Label)
		}
	}
	notes = append(notes, c.names()...)
	single, dependent, of := false, 0, 0
	for at := range t.Rows {
		single = single || t.Rows[at].Test == Rank && t.Rows[at].Verdict != NotCompared
		if f := &c.facts[at]; f.rounds != nil {
			of++
			if f.rounds.estimate.Dependent && f.rounds.estimate.Plain {
				dependent++
			}
		}
	}
	if single {
		add("one round each: the rank test tells whether these series differ, not whether the machines do",
			"每个序列只有一轮：秩检验只说明这些序列是否不同，并不说明机器是否不同")
	}
	if dependent > 0 {
		add("in %d of %d rows the rounds depend on one another, as on a machine that drifts: their intervals are widened; rounds further apart say more",
			"%[2]d 行中有 %[1]d 行的各轮之间并不独立（例如机器状态缓慢漂移）：其区间已放宽；拉大轮次间隔可得到更多信息", dependent, of)
	}
	return notes
}
