package serve

import (
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

// view is one run's page.
type view struct {
	render.Report
	Lang   string
	Triage []triage.Finding
	Names  func(item string) record.Sentence
	Ended  bool
}

// Total is how many verdicts there will be.
func (v view) Total() int {
	n := 0
	for _, c := range v.Cells {
		n += c.Specs
	}
	return n
}

// Items of the run, in its order.
func (v view) Items() []string {
	var out []string
	seen := map[string]bool{}
	for _, c := range v.Cells {
		if !seen[c.Item] {
			seen[c.Item] = true
			out = append(out, c.Item)
		}
	}
	return out
}

// Name of an item for people.
func (v view) Name(item string) record.Sentence {
	name := record.Say(item, item)
	if v.Names != nil {
		name = v.Names(item)
	}
	return name.Beside(v.StandIns(item))
}

// Counts are an item's verdicts on a target, over all rounds.
func (v view) Counts(item, target string) map[record.Verdict]int {
	count := map[record.Verdict]int{}
	for _, c := range v.Cells {
		if c.Item == item && c.Target == target {
			for verdict, n := range c.Verdicts {
				count[verdict] += n
			}
		}
	}
	return count
}

// Bad are the specs that are not in order.
func (v view) Bad() []render.SpecRow {
	var out []render.SpecRow
	for _, s := range v.Specs {
		if s.Verdict != record.Pass && s.Verdict != record.Skip {
			out = append(out, s)
		}
	}
	return out
}
