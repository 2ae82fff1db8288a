// Package document has the content of a certificate for people, whatever the format: the claim, and the part of the run
// that concerns the target.
package document

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/render/figure"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

// Version of everything that is made from a document: page, PDF, Markdown, workbook, CSV, JUnit and benchmark file. Raise
// it with each change of their content: a verifier compares a certificate's pages with its own only if the version is the
// same (see testdata/pages.txt in package certify).
const Version = 2

// Document is the content of a certificate.
type Document struct {
	Claim    claim.Claim
	Digest   string // of the claim
	Key      string // fingerprint of the signer's key
	Root     string // name of the root certificate
	KeyUntil time.Time
	Profile  *profile.Profile
	Items    []Item
	Findings []triage.Finding // those of the target
	Trouble  []Trouble        // specs of the target that neither passed nor were skipped
	Skipped  []Trouble        // tests of the module that did not apply there
	Charts   []Chart
	Figures  []figure.Figure // of what was measured on the target, if that is a machine itself
	Openssl  []string        // commands that verify the signature without this program
}

// Rulebook returns the title of the profile, or a sentence that the profile is not the one that ships under its name.
func (d Document) Rulebook() record.Sentence {
	if d.Claim.Profile.Shipped {
		return d.Profile.Title
	}
	return d.Claim.Rulebook()
}

// New returns the findings that somebody has to look at: new ones and unclassified ones. They are shown first.
func (d Document) New() []triage.Finding { return d.findings(true) }

// Others returns the findings that are known or that the environment causes. Pages fold them.
func (d Document) Others() []triage.Finding { return d.findings(false) }

// findings returns the findings that are new, or those that are not.
func (d Document) findings(isNew bool) (some []triage.Finding) {
	for _, f := range d.Findings {
		if f.New() == isNew {
			some = append(some, f)
		}
	}
	return some
}

// Item counts the target's verdicts on one item.
type Item struct {
	ID       string
	Name     record.Sentence
	Verdicts map[record.Verdict]int
	Seconds  float64
}

// Trouble is a group of specs that neither passed nor were skipped, for one reason.
type Trouble struct {
	Verdict record.Verdict
	Class   triage.Class
	Item    string
	Spec    string // first of the group
	Specs   int
	Detail  record.Sentence
	Remedy  record.Sentence
}

// Chart has one benchmark on all targets that measured it.
type Chart struct {
	Item, Name, Unit string
	Better           record.Better
	Bars             []Bar
}

// Bar is the median of one target with its interval, Low to High. Only native ones are drawn.
type Bar struct {
	render.BenchmarkRow
	Own bool // it is the certificate's target
}

// Run is a run with its report and findings, which are made once for all its targets.
type Run struct {
	*store.Run
	Report render.Report
	Triage triage.Result
	Names  func(item string) record.Sentence // names of items; nil for their ids
}

// Make returns the document of a claim.
func Make(run Run, c claim.Claim, p *profile.Profile) Document {
	d := Document{Claim: c, Profile: p}
	for _, f := range run.Triage.Findings {
		if slices.Contains(f.Targets, c.Target.ID) {
			d.Findings = append(d.Findings, f)
		}
	}
	d.Items = items(run, c.Target.ID)
	d.Trouble = trouble(run, c.Target.ID)
	d.Skipped = skipped(run, c.Target.ID)
	d.Charts = charts(run.Report, c.Target.ID)
	d.Figures = figure.Of(run.Report.Of(c.Target.ID).Benchmarks)
	return d
}

// items returns the counts of verdicts of a target, by item.
func items(run Run, target string) []Item {
	var order []Item
	at := map[string]int{}
	for _, cell := range run.Cells {
		if cell.Target != target {
			continue
		}
		i, ok := at[cell.Item]
		if !ok {
			i = len(order)
			at[cell.Item] = i
			name := record.Say(cell.Item, cell.Item)
			if run.Names != nil {
				name = run.Names(cell.Item)
			}
			order = append(order, Item{ID: cell.Item, Name: name.Beside(cell.StandIns()), Verdicts: map[record.Verdict]int{}})
		}
		for _, s := range cell.Specs {
			order[i].Verdicts[s.Verdict]++
			order[i].Seconds += s.Seconds
		}
	}
	return order
}

// trouble returns the specs of a target that neither passed nor were skipped, grouped by reason, the worst verdict first.
func trouble(run Run, target string) []Trouble {
	type key struct {
		verdict            record.Verdict
		item, detail, spec string
	}
	var order []*Trouble
	at := map[key]*Trouble{}
	for _, cell := range run.Cells {
		if cell.Target != target {
			continue
		}
		for _, s := range cell.Specs {
			if s.Verdict == record.Pass || s.Verdict == record.Skip {
				continue
			}
			t := Trouble{Verdict: s.Verdict, Class: triage.Class(s.Class), Item: cell.Item, Spec: s.ID, Specs: 1,
				Detail: first(s.Detail), Remedy: first(s.Remedy)}
			k := key{s.Verdict, cell.Item, t.Detail.En, s.ID}
			if s.Verdict == record.Miss || s.Verdict == record.Error {
				k.spec = ""
			}
			if have := at[k]; have != nil {
				have.Specs++
				continue
			}
			at[k] = &t
			order = append(order, &t)
		}
	}
	slices.SortStableFunc(order, func(a, b *Trouble) int {
		return slices.Index(record.Verdicts, a.Verdict) - slices.Index(record.Verdicts, b.Verdict)
	})
	out := make([]Trouble, len(order))
	for i, t := range order {
		out[i] = *t
	}
	return out
}

// first returns the first lines of a sentence; "" for nil.
func first(s *record.Sentence) record.Sentence {
	if s == nil {
		return record.Sentence{}
	}
	line := func(text string) string {
		l, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
		return l
	}
	return record.Say(line(s.En), line(s.Zh))
}

// charts returns the benchmarks that the target measured, with the values of the run's other targets.
func charts(r render.Report, target string) []Chart {
	type key struct{ item, name, unit string }
	rows := map[key][]Bar{}
	var order []key
	for _, b := range r.Benchmarks {
		k := key{b.Item, b.Name, b.Unit}
		rows[k] = append(rows[k], Bar{BenchmarkRow: b, Own: b.Target == target})
		if b.Target == target && b.Unit != "cpu-ns/op" {
			order = append(order, k)
		}
	}
	var out []Chart
	for _, k := range order {
		c := Chart{Item: k.item, Name: k.name, Unit: k.unit, Better: rows[k][0].Better, Bars: rows[k]}
		slices.SortStableFunc(c.Bars, func(a, b Bar) int {
			return cmp.Compare(native(b), native(a))
		})
		out = append(out, c)
	}
	return out
}

func native(b Bar) int {
	if b.Provenance == record.Native {
		return 1
	}
	return 0
}

// Span returns where the bar b of the chart is drawn, in per cent of the greatest value of all native bars; false if b is
// not drawn.
func (c Chart) Span(b Bar) (low, median, high float64, ok bool) {
	top := 0.0
	for _, x := range c.Bars {
		if x.Provenance == record.Native {
			top = max(top, x.Median, finite(x.High))
		}
	}
	if b.Provenance != record.Native || !(top > 0) || !(b.Median > 0) {
		return 0, 0, 0, false
	}
	percent := func(v float64) float64 { return min(max(100*v/top, 0), 100) }
	return percent(finite(b.Low)), percent(b.Median), percent(max(finite(b.High), b.Median)), true
}

// finite returns v, or 0 if v is infinite or no number: an interval without end has no bar.
func finite(v float64) float64 {
	if v-v != 0 {
		return 0
	}
	return v
}
