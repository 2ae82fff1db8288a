// Package document is what a certificate shows to people, whatever the format: the claim, and of the run what bears on
// the target.
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
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

// Version of everything that is made of a document: page, PDF, Markdown, workbook, CSV, JUnit and benchmark file. Whoever
// changes what is in one of them raises it: a reader of another version does not hold a certificate's pages against its
// own (see testdata/pages.txt in package certify).
const Version = 2

// Document is a certificate to be shown.
type Document struct {
	Claim    claim.Claim
	Digest   string // of the claim
	Key      string // fingerprint of the signer's key
	Root     string // name of the root certificate
	KeyUntil time.Time
	Profile  *profile.Profile
	Items    []Item
	Findings []triage.Finding // those of the target
	Trouble  []Trouble        // what is not in order on the target
	Charts   []Chart
	Openssl  []string // commands that verify the signature without this program
}

// Rulebook is the profile's title where it is the one that ships under its name; of another, that it is not.
func (d Document) Rulebook() record.Sentence {
	if d.Claim.Profile.Shipped {
		return d.Profile.Title
	}
	return d.Claim.Rulebook()
}

// New are the findings that need somebody: they come first.
func (d Document) New() []triage.Finding { return d.findings(true) }

// Others are the findings that are known, or the environment's: they are folded.
func (d Document) Others() []triage.Finding { return d.findings(false) }

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

// Trouble is one or more specs that are not in order for one reason.
type Trouble struct {
	Verdict record.Verdict
	Class   triage.Class
	Item    string
	Spec    string // the first
	Specs   int
	Detail  record.Sentence
	Remedy  record.Sentence
}

// Chart is one benchmark on all targets that measured it.
type Chart struct {
	Item, Name, Unit string
	Better           record.Better
	Bars             []Bar
}

// Bar is one target's median with its interval. Low and High are the interval; only a native one is drawn.
type Bar struct {
	render.BenchmarkRow
	Own bool // the certificate's target
}

// Run is a run with what was worked out of it once, for all its targets.
type Run struct {
	*store.Run
	Report render.Report
	Triage triage.Result
	Names  func(item string) record.Sentence // items' names; nil: their ids
}

// Make puts a claim's document together.
func Make(run Run, c claim.Claim, p *profile.Profile) Document {
	d := Document{Claim: c, Profile: p}
	for _, f := range run.Triage.Findings {
		if slices.Contains(f.Targets, c.Target.ID) {
			d.Findings = append(d.Findings, f)
		}
	}
	d.Items = items(run, c.Target.ID)
	d.Trouble = trouble(run, c.Target.ID)
	d.Charts = charts(run.Report, c.Target.ID)
	return d
}

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

// trouble groups what neither passed nor was skipped, the worst first.
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

// first is a sentence's first lines.
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

// charts holds the benchmarks that the target measured, with what the other targets of the run measured.
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

// Span is where a native bar is drawn, in per cent of the greatest value among the native ones.
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

// finite is v, or 0 for what cannot be drawn: an interval without end has no bar.
func finite(v float64) float64 {
	if v-v != 0 {
		return 0
	}
	return v
}
