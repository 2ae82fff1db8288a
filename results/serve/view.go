package serve

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

// view is one run's page.
type view struct {
	render.Report
	Lang    string
	Open    []triage.Finding // those that no waiver covers, new ones first
	Known   []triage.Finding
	Names   func(item string) record.Sentence
	Ended   bool
	waiting map[[2]string]int // specs without a verdict yet, by item and target
}

// setAside takes the specs out that have no verdict yet, where the run has not ended: they are pending and no errors. It
// returns how many there are of each item and target.
func setAside(run *store.Run) map[[2]string]int {
	waiting := map[[2]string]int{}
	if run.Seal != nil {
		return waiting
	}
	for _, c := range run.Cells {
		before := len(c.Specs)
		c.Specs = slices.DeleteFunc(c.Specs, func(s *store.Spec) bool { return !s.Ended })
		waiting[[2]string{c.Item, c.Target}] += before - len(c.Specs)
	}
	return waiting
}

// newView is the page of a run that was judged.
func newView(s Site, run *store.Run, found triage.Result, waiting map[[2]string]int) view {
	v := view{Lang: s.Lang, Report: render.New(run, found.Findings, s.Lang), Names: s.Names, Ended: run.Seal != nil, waiting: waiting}
	for _, f := range found.Findings {
		if f.Waiver == "" {
			v.Open = append(v.Open, f)
		} else {
			v.Known = append(v.Known, f)
		}
	}
	return v
}

// Pending is how many specs of an item have no verdict yet on a target.
func (v view) Pending(item, target string) int { return v.waiting[[2]string{item, target}] }

// Total is how many verdicts there will be.
func (v view) Total() int {
	n := 0
	for _, waits := range v.waiting {
		n += waits
	}
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

// Bad are the specs that are not in order and not known.
func (v view) Bad() []render.SpecRow {
	var out []render.SpecRow
	for _, s := range v.Specs {
		if s.Verdict != record.Pass && s.Verdict != record.Skip && s.Verdict != record.Known {
			out = append(out, s)
		}
	}
	return out
}
