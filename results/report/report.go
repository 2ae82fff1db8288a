// Package report summarizes runs for decisions: the verdicts on each machine, the findings and their classes, the speed
// against a reference, the machines, and which specs have no result and why. It is one page and one workbook.
package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/joint"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/render/figure"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

// Report is the content of page and workbook.
type Report struct {
	render.Report
	Ended    time.Time // end of the last run; zero if none has ended
	Items    []Item
	Machines []Machine
	Open     []triage.Finding // new findings
	Known    []triage.Finding // findings that waivers cover
	Speed    Speed
	Figures  []figure.Figure // of what was measured on the machines themselves
	Pairings []Pairing       // implementations that talked to each other
	Unseen   []Unseen
	Differ   []record.Sentence // reasons why rows of the runs may not be comparable
	Damaged  []record.Sentence // runs that could not be read
}

// Item is an item's verdicts on each target, in the targets' order.
type Item struct {
	ID     string
	Name   record.Sentence
	Counts []Count
}

// Count has the verdicts of one item on one target.
type Count struct {
	Target     string
	Verdicts   map[record.Verdict]int
	NotPlanned int
}

// Machine is a target with the machine of its results.
type Machine struct {
	render.TargetRow
	Machine *record.Machine // the fingerprint; nil if no payload ran
}

// Unseen counts what has no result for one reason.
type Unseen struct {
	What    record.Sentence // specs, cells, rounds
	Item    string
	Targets []string
	Count   int
	Why     record.Sentence
	Remedy  record.Sentence
}

// Options of a report.
type Options struct {
	Names     func(item string) record.Sentence
	Reference string            // the target that the speed of others is divided by; the first native one if ""
	Damaged   []*record.Problem // runs that could not be read
}

// Make returns the report of a triaged run. It returns a *record.Problem if the run has no samples of the reference.
func Make(run *store.Run, found triage.Result, o Options) (Report, error) {
	r := Report{Report: render.Summary(run, found.Findings, "en"), Differ: joint.Warnings(run)}
	for _, part := range append([]*store.Run{run}, run.Parts...) {
		if part.Seal != nil && part.Seal.At.After(r.Ended) {
			r.Ended = part.Seal.At
		}
	}
	for _, f := range found.Findings {
		switch {
		case f.New():
			r.Open = append(r.Open, f)
		case f.Waiver != "":
			r.Known = append(r.Known, f)
		}
	}
	for _, p := range o.Damaged {
		r.Damaged = append(r.Damaged, record.Say(p.In("en"), p.In("zh")))
	}
	r.Figures = figure.Of(r.Benchmarks)
	r.items(o.Names)
	r.machines(run)
	r.interoperation(run)
	r.unseen(run)
	var err error
	r.Speed, err = speed(series.OfTargets(run), o.Reference)
	return r, err
}

// items counts verdicts by item and target.
func (r *Report) items(names func(string) record.Sentence) {
	at := map[string]int{}
	place := func(item string) *Item {
		i, ok := at[item]
		if !ok {
			i = len(r.Items)
			at[item] = i
			name := record.Say(item, item)
			if names != nil {
				name = names(item)
			}
			r.Items = append(r.Items, Item{ID: item, Name: name.Beside(r.StandIns(item))})
			for _, t := range r.Targets {
				r.Items[i].Counts = append(r.Items[i].Counts, Count{Target: t.ID, Verdicts: map[record.Verdict]int{}})
			}
		}
		return &r.Items[i]
	}
	count := func(item, target string) *Count {
		i := place(item)
		return &i.Counts[slices.IndexFunc(i.Counts, func(c Count) bool { return c.Target == target })]
	}
	for _, c := range r.Cells {
		own := count(c.Item, c.Target)
		for v, n := range c.Verdicts {
			own.Verdicts[v] += n
		}
	}
	for _, g := range r.NotPlanned {
		count(g.Item, g.Target).NotPlanned += len(g.Specs)
	}
}

// machines adds the targets with the last fingerprint of each.
func (r *Report) machines(run *store.Run) {
	for _, t := range r.Targets {
		m := Machine{TargetRow: t}
		for _, c := range run.Cells {
			if c.Target == t.ID && c.Machine != nil {
				m.Machine = c.Machine
			}
		}
		r.Machines = append(r.Machines, m)
	}
}

// unseen groups by its reason what has no result: specs that were skipped, or are a miss or an error; specs that one run
// does not plan; cells that the matrix excludes; rounds that are not compared.
func (r *Report) unseen(run *store.Run) {
	type key struct{ what, item, why string }
	at := map[key]int{}
	add := func(u Unseen, target string) {
		k := key{u.What.En, u.Item, u.Why.En}
		i, ok := at[k]
		if !ok {
			i = len(r.Unseen)
			at[k] = i
			r.Unseen = append(r.Unseen, u)
			r.Unseen[i].Count = 0
		}
		r.Unseen[i].Count += u.Count
		if !slices.Contains(r.Unseen[i].Targets, target) {
			r.Unseen[i].Targets = append(r.Unseen[i].Targets, target)
		}
	}
	for _, c := range run.Cells {
		for _, s := range c.Specs {
			if s.Verdict == record.Error || s.Verdict == record.Miss || s.Verdict == record.Skip {
				add(Unseen{What: render.VerdictName(s.Verdict), Item: c.Item, Count: 1, Why: said(s.Detail), Remedy: said(s.Remedy)}, c.Target)
			}
		}
		if why := c.Unfit(); why != nil {
			add(Unseen{What: record.Say("rounds not compared", "未参与比较的轮次"), Item: c.Item, Count: 1, Why: *why,
				Remedy: record.Say("measure again when the machine is quiet", "请在机器安静时重新测量")}, c.Target)
		}
	}
	for _, g := range r.NotPlanned {
		why := record.Say("the run of this machine does not plan what others do", "该机器的运行未计划其他运行所含的检查项")
		if g.Why != "" {
			why = record.Say(g.Why, g.Why)
		}
		add(Unseen{What: record.Say("not planned", "未计划"), Item: g.Item, Count: len(g.Specs), Why: why,
			Remedy: record.Say("run all machines by one plan: `xcmatrix plan --out lab.plan`", "请让所有机器按同一计划运行：`xcmatrix plan --out lab.plan`")}, g.Target)
	}
	slices.SortStableFunc(r.Unseen, func(a, b Unseen) int { return cmp.Compare(weight(a), weight(b)) })
}

// weight returns the rank of an entry: first what somebody can provide, last what does not apply.
func weight(u Unseen) int {
	return slices.Index([]string{"error", "miss", "not planned", "rounds not compared", "skip"}, u.What.En)
}

// said returns a sentence, or an empty one for nil.
func said(s *record.Sentence) record.Sentence {
	if s == nil {
		return record.Sentence{}
	}
	return *s
}

// Speed compares the speed of the targets with one of them.
type Speed struct {
	Reference string
	Others    []string // the other targets with samples
	Rows      []Row
	Geomeans  []compare.Geomean
	Notes     []record.Sentence
}

// Row is one benchmark.
type Row struct {
	Name, Unit string
	Better     record.Better
	Median     float64       // of the reference
	Against    []compare.Row // of the others, in their order; zero if one has no samples
}

// speed compares native targets with one of them; the Speed is empty if none has samples.
func speed(set *series.Set, reference string) (Speed, error) {
	if len(set.Columns) == 0 {
		return Speed{}, nil
	}
	o := compare.Defaults
	o.Reference, o.Control = reference, 0
	table, err := compare.Compare(set, o)
	if err != nil {
		return Speed{}, err
	}
	s := Speed{Reference: table.Reference, Geomeans: table.Geomeans, Notes: table.Notes}
	for _, c := range table.Columns {
		if c != table.Reference {
			s.Others = append(s.Others, c)
		}
	}
	at := map[[2]string]int{}
	for _, row := range table.Rows {
		k := [2]string{row.Benchmark, row.Unit}
		i, ok := at[k]
		if !ok {
			i = len(s.Rows)
			at[k] = i
			s.Rows = append(s.Rows, Row{Name: row.Benchmark, Unit: row.Unit, Better: row.Better, Median: float64(row.Reference), Against: make([]compare.Row, len(s.Others))})
		}
		if n := slices.Index(s.Others, row.Target); n >= 0 {
			s.Rows[i].Against[n] = row
		}
	}
	if len(s.Others) == 0 {
		s.alone(set)
	}
	return s, nil
}

// alone sets the medians of the only target.
func (s *Speed) alone(set *series.Set) {
	for _, row := range set.Rows {
		if len(row.Cells) > 0 {
			s.Rows = append(s.Rows, Row{Name: row.Benchmark.Name, Unit: row.Benchmark.Unit, Better: row.Better, Median: row.Cells[0].Rounds.Median()})
		}
	}
}
