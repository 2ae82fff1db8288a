package serve

import (
	"net/url"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/certify"
	"github.com/xcmatrix/xcmatrix/results/certify/document"
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

	Chosen  filter
	Folders map[string]listed // certificates, by target
}

// filter is what of a run's page is shown; empty texts are everything.
type filter struct{ Target, Item, Verdict string }

// narrow leaves out of the page's lists what the address does not ask for. The table of verdicts stays whole.
func (v *view) narrow(query url.Values) {
	v.Chosen = filter{query.Get("target"), query.Get("item"), query.Get("verdict")}
	is := func(wanted, own string) bool { return wanted == "" || wanted == own }
	v.Specs = slices.DeleteFunc(v.Specs, func(s render.SpecRow) bool {
		return !is(v.Chosen.Target, s.Target) || !is(v.Chosen.Item, s.Item) || !is(v.Chosen.Verdict, string(s.Verdict))
	})
	v.Benchmarks = slices.DeleteFunc(v.Benchmarks, func(b render.BenchmarkRow) bool { return !is(v.Chosen.Target, b.Target) || !is(v.Chosen.Item, b.Item) })
	other := func(f triage.Finding) bool {
		return v.Chosen.Target != "" && !slices.Contains(f.Targets, v.Chosen.Target) || !is(v.Chosen.Item, f.Item)
	}
	v.Open, v.Known = slices.DeleteFunc(v.Open, other), slices.DeleteFunc(v.Known, other)
}

// Filtered reports whether something is left out.
func (v view) Filtered() bool { return v.Chosen != filter{} }

// certified keeps the certificates of the run.
func (v *view) certified(all []listed, run string) {
	v.Folders = map[string]listed{}
	for _, c := range all {
		if c.Run == certify.Segment(run) && c.Problem == "" {
			v.Folders[c.Target] = c
		}
	}
}

// Charts are the benchmarks, each on all targets that measured it.
func (v view) Charts() []document.Chart {
	var charts []document.Chart
	at := map[[3]string]int{}
	for _, b := range v.Benchmarks {
		if b.Unit == "cpu-ns/op" {
			continue // the whole is in show --json
		}
		k := [3]string{b.Item, b.Name, b.Unit}
		i, ok := at[k]
		if !ok {
			i = len(charts)
			at[k] = i
			charts = append(charts, document.Chart{Item: b.Item, Name: b.Name, Unit: b.Unit, Better: b.Better})
		}
		charts[i].Bars = append(charts[i].Bars, document.Bar{BenchmarkRow: b})
	}
	return charts
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

// Bad are the specs that are not in order and not known, or those of the verdict that is asked for.
func (v view) Bad() []render.SpecRow {
	var out []render.SpecRow
	for _, s := range v.Specs {
		if v.Chosen.Verdict != "" || s.Verdict != record.Pass && s.Verdict != record.Skip && s.Verdict != record.Known {
			out = append(out, s)
		}
	}
	return out
}

// All is the choice of everything in a list of targets, items or verdicts. An option holds no markup, so that it is in one
// language.
func (v view) All(of string) string {
	switch of {
	case "target":
		return record.Say("all targets", "全部目标").In(v.Lang)
	case "item":
		return record.Say("all items", "全部项").In(v.Lang)
	}
	return record.Say("not in order", "未通过与未检项").In(v.Lang)
}
