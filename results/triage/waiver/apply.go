package waiver

import (
	"slices"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Use is the result of applying a list: the use of each waiver.
type Use struct {
	Waivers []Used   // every waiver, in the list's order
	Changes []Change // every verdict that a waiver changed, in the run's order
}

// Used is the use of one waiver.
type Used struct {
	Waiver
	Expired bool
	Known   int // number of failing specs that it covers
	Fixed   int // number of passing specs that it covers
	Between int // number of differences between targets that it covers, which no spec reports
}

// Unused reports whether the waiver covers nothing of the run, so that it may be removed.
func (u Used) Unused() bool { return u.Known+u.Fixed+u.Between == 0 }

// Needless reports whether specs that the waiver covers ran and none of them fails any more.
func (u Used) Needless() bool { return u.Fixed > 0 && u.Known+u.Between == 0 }

// Cover counts a finding that no spec reports, on the targets that show it, each with its names. It adds to the use of
// each waiver that covers one of them.
func (u Use) Cover(finding string, targets [][]string) {
	for i, w := range u.Waivers {
		if !w.Expired && slices.ContainsFunc(targets, func(names []string) bool { return w.Covers(finding, names) }) {
			u.Waivers[i].Between++
		}
	}
}

// Change is a verdict that became known or fixed.
type Change struct {
	Cell    *store.CellRun
	Spec    *store.Spec
	Was     record.Verdict
	Waivers []string // findings of the waivers that cover it
}

// labelFinding begins the label of a spec that shows a finding: if the spec crashes, it cannot report the finding itself.
const labelFinding = "finding="

// Apply changes the verdicts of run, in memory, by the waivers that are live at a time:
//
//   - a spec that fails, crashes or times out becomes known if a live waiver covers each finding that it reports; one
//     that crashed or timed out cannot report, so the findings of its labels finding=ID count, and one
//     that reports nothing has the finding SpecFinding;
//   - a spec that passes becomes fixed if a live waiver covers a finding of its labels, and no other spec of the target
//     reports that.
//
// An expired waiver changes nothing. Applying a list again changes nothing more.
func (l List) Apply(run *store.Run, at time.Time) Use {
	a := applier{list: l, at: at, run: run, use: Use{Waivers: make([]Used, len(l))}}
	for i, w := range l {
		a.use.Waivers[i] = Used{Waiver: w, Expired: !w.Live(at)}
	}
	reported := Reported(run)
	for _, cell := range run.Cells {
		for _, s := range cell.Specs {
			switch {
			case failing(s.Verdict):
				a.excuse(cell, s, reported.Under(s))
			case s.Verdict == record.Pass:
				a.retire(cell, s, reported)
			}
		}
	}
	return a.use
}

// Verdict returns the verdict of a spec under the list at a time while its run goes on: known if the spec fails and live
// waivers cover all findings that it reported, else v. names are the names of the target.
func (l List) Verdict(item string, names []string, spec string, labels, reported []string, v record.Verdict, at time.Time) record.Verdict {
	if !failing(v) {
		return v
	}
	if v != record.Fail {
		reported = append(slices.Clone(reported), promised(labels)...)
	}
	if len(reported) == 0 {
		reported = []string{SpecFinding(item, spec)}
	}
	a := applier{list: l, at: at}
	if _, all := a.covering(reported, names); !all {
		return v
	}
	return record.Known
}

type applier struct {
	list List
	at   time.Time
	run  *store.Run
	use  Use
}

// excuse sets the verdict known of a failing spec if waivers cover all findings that it reports.
func (a *applier) excuse(cell *store.CellRun, s *store.Spec, findings []string) {
	covering, all := a.covering(findings, a.run.Names(cell.Target))
	if !all {
		return
	}
	why := record.Say("known: ", "已知：")
	for n, i := range covering {
		a.use.Waivers[i].Known++
		if n > 0 {
			why.En, why.Zh = why.En+"; ", why.Zh+"；"
		}
		w := a.list[i]
		why.En += w.Finding + " until " + w.LastDay() + ": " + w.Reason.En
		why.Zh += w.Finding + "，至 " + w.LastDay() + "：" + w.Reason.In("zh")
	}
	if s.Detail != nil {
		why.En, why.Zh = why.En+" ("+s.Detail.En+")", why.Zh+"（"+s.Detail.In("zh")+"）"
	}
	a.change(cell, s, record.Known, why, covering)
}

// retire sets the verdict fixed of a passing spec if a waiver covers a finding of its labels that no other spec of the
// target reports.
func (a *applier) retire(cell *store.CellRun, s *store.Spec, reported Reports) {
	labelled := labels(s)
	if len(labelled) == 0 {
		return
	}
	for _, id := range labelled {
		if reported.byTarget[cell.Target][id] {
			return
		}
	}
	covering, _ := a.covering(labelled, a.run.Names(cell.Target))
	if len(covering) == 0 {
		return
	}
	for _, i := range covering {
		a.use.Waivers[i].Fixed++
	}
	a.change(cell, s, record.Fixed, record.Sayf("passes: the waiver of %s is no longer needed",
		"已通过：%s 的豁免不再需要", strings.Join(labelled, ", ")), covering)
}

// change sets the verdict of a spec and records the change; covering are the indexes of the waivers.
func (a *applier) change(cell *store.CellRun, s *store.Spec, v record.Verdict, why record.Sentence, covering []int) {
	c := Change{Cell: cell, Spec: s, Was: s.Verdict}
	for _, i := range covering {
		c.Waivers = append(c.Waivers, a.list[i].Finding)
	}
	a.use.Changes = append(a.use.Changes, c)
	s.Verdict, s.Detail = v, &why
}

// covering returns for each finding the index of the first live waiver that covers it; all is true if each has one.
func (a *applier) covering(findings, names []string) (covering []int, all bool) {
	all = true
	for _, id := range findings {
		i := slices.IndexFunc(a.list, func(w Waiver) bool { return w.Live(a.at) && w.Covers(id, names) })
		if i < 0 {
			all = false
		} else if !slices.Contains(covering, i) {
			covering = append(covering, i)
		}
	}
	return covering, all
}

// Of returns a live waiver that covers a finding on all targets, each with its names; false if there is none.
func (l List) Of(finding string, targets [][]string, at time.Time) (Waiver, bool) {
	i := slices.IndexFunc(l, func(w Waiver) bool {
		return w.Live(at) && !slices.ContainsFunc(targets, func(names []string) bool { return !w.Covers(finding, names) })
	})
	if i < 0 {
		return Waiver{}, false
	}
	return l[i], true
}
