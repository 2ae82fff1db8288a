// Package figure makes plots from the samples of a run. Their names say which of them belong together:
//
//	NAME/p50, NAME/p99, NAME/p99.9, NAME/max   one line of a plot of quantiles; also NAME/stop-p50, NAME/latency-p50 …
//	NAME/processors=1, NAME/processors=2 …     a scaling curve, with NAME/serial-share as Amdahl's serial share in per cent
//	stages/NAME/STAGE     a line of a plot of stages, in ns/op and in cpu-ns/op; "A + B" is what was measured together
//	NAME/peak-rss beside NAME/operation or NAME/gc   a setting of the plot of memory and CPU time, with its Pareto front
//
// In NAME, slashes and spaces separate words. A first word without "=" is a plot's subject; what else the names of a plot's lines have
// in common is in its title, and what differs is in the legend. A plot has at most plot.Colours lines. Any suite that records samples
// with such names gets plots.
package figure

import (
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/render/plot"
)

// Figure is a plot of what one item measured.
type Figure struct {
	Item  string
	Chart plot.Chart
}

// most is how many plots a page has of an item at most.
const most = 40

// Of returns the plots of samples that were measured on the machines themselves, those of an item together. The same rows give the
// same plots. Titles name the target if rows are of several.
func Of(rows []render.BenchmarkRow) []Figure {
	var native []row
	targets := map[string]bool{}
	for _, r := range rows {
		if r.Provenance == record.Native {
			native = append(native, row{BenchmarkRow: r, words: wordsOf(r.Name)})
			targets[r.Target] = true
		}
	}
	m := maker{several: len(targets) > 1}
	m.stages(native)
	m.fronts(native)
	m.scalings(native)
	m.quantiles(native)
	return m.inOrder(native)
}

// row is a benchmark with the words of its name.
type row struct {
	render.BenchmarkRow
	words []string
}

// maxText is the length, in characters, to which a name of another machine is cut.
const maxText = 60

// wordsOf returns the words of a name, of which the last one says what was measured.
func wordsOf(name string) []string {
	return strings.FieldsFunc(render.Plain(name, 4*maxText), func(r rune) bool { return r == '/' || r == ' ' })
}

// maker collects figures.
type maker struct {
	several bool // there are several targets
	figures []Figure
}

func (m *maker) add(item string, c plot.Chart) { m.figures = append(m.figures, Figure{item, c}) }

// inOrder returns the first figures of each item, by item in the order of rows.
func (m *maker) inOrder(rows []row) (some []Figure) {
	seen := map[string]bool{}
	for _, r := range rows {
		if seen[r.Item] {
			continue
		}
		seen[r.Item] = true
		n := 0
		for _, f := range m.figures {
			if f.Item == r.Item && n < most {
				some, n = append(some, f), n+1
			}
		}
	}
	return some
}

// title returns the title of a plot: what it is of, what all its lines have in common, and the target if there are several.
func (m *maker) title(what record.Sentence, item, target string, common []string) record.Sentence {
	subject := render.Plain(strings.Join(append([]string{item}, common...), " "), maxText)
	if m.several {
		subject += " @ " + render.Plain(target, maxText)
	}
	return record.Sayf("%s: %s", "%s：%s", subject, what)
}

// axis returns the axis of a benchmark's values.
func axis(what record.Sentence, r row) plot.Axis {
	return plot.AxisOf(what, render.Plain(r.Unit, maxText))
}

// groups puts rows with the same key together, in the order of the first of each.
func groups[K comparable](rows []row, key func(row) (K, bool)) (all [][]row) {
	at := map[K]int{}
	for _, r := range rows {
		k, is := key(r)
		if !is {
			continue
		}
		i, has := at[k]
		if !has {
			i = len(all)
			at[k], all = i, append(all, nil)
		}
		all[i] = append(all[i], r)
	}
	return all
}

// mostRows is how many benchmarks a group of plots has at most: more than any suite measures, and few enough for a page.
const mostRows = 1024

// bounded returns the first mostRows rows.
func bounded(rows []row) []row { return rows[:min(len(rows), mostRows)] }

// subject returns the first word of a name if it is no setting and if more follows than what was measured; "" otherwise.
func subject(words []string) string {
	if len(words) < 3 || strings.Contains(words[0], "=") {
		return ""
	}
	return words[0]
}
