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

// view is the content of one run's page.
type view struct {
	render.Report
	Lang    string
	Open    []triage.Finding // findings that no waiver covers, new ones first
	Known   []triage.Finding
	Names   func(item string) record.Sentence
	Ended   bool
	waiting map[[2]string]int // specs without a verdict yet, by item and target

	Chosen  filter
	Folders map[string]listed // certificates, by target
}

// filter selects a part of a run's page; "" selects everything.
type filter struct{ Target, Item, Verdict string }

// narrow removes entries from the page's lists by the filter in the address. The table of verdicts stays complete.
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

// Filtered reports whether the filter selects a part only.
func (v view) Filtered() bool { return v.Chosen != filter{} }

// certified sets the certificates of the run.
func (v *view) certified(all []listed, run string) {
	v.Folders = map[string]listed{}
	for _, c := range all {
		if c.Run == certify.Segment(run) && c.Problem == "" {
			v.Folders[c.Target] = c
		}
	}
}

// Charts returns the benchmarks, each on all targets that measured it.
func (v view) Charts() []document.Chart {
	var charts []document.Chart
	at := map[[3]string]int{}
	for _, b := range v.Benchmarks {
		if b.Unit == "cpu-ns/op" {
			continue // show --json has it
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

// setAside removes specs without a verdict from a run that has not ended, because they are pending and no errors. It
// returns their number by item and target.
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

// newView returns the page of a judged run.
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

// Pending returns the number of specs of an item without a verdict on a target.
func (v view) Pending(item, target string) int { return v.waiting[[2]string{item, target}] }

// Total returns the number of verdicts that the run will have.
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

// Items returns the items of the run, in its order.
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

// Name returns the name of an item for people.
func (v view) Name(item string) record.Sentence {
	name := record.Say(item, item)
	if v.Names != nil {
		name = v.Names(item)
	}
	return name.Beside(v.StandIns(item))
}

// Counts returns the numbers of verdicts of an item on a target, over all rounds.
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

// Bad returns the specs that are neither in order nor known, or those with the verdict that the filter selects.
func (v view) Bad() []render.SpecRow {
	var out []render.SpecRow
	for _, s := range v.Specs {
		if v.Chosen.Verdict != "" || s.Verdict != record.Pass && s.Verdict != record.Skip && s.Verdict != record.Known {
			out = append(out, s)
		}
	}
	return out
}

// All returns the name of the choice "everything" in a list of targets, items or verdicts, in one language, because an
// option cannot have markup.
func (v view) All(of string) string {
	switch of {
	case "target":
		return record.Say("all targets", "全部目标").In(v.Lang)
	case "item":
		return record.Say("all items", "全部项").In(v.Lang)
	}
	return record.Say("not in order", "未通过与未检项").In(v.Lang)
}
