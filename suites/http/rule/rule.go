// Package rule makes specs of requirements on an implementation of HTTP: each has a conversation with the suite's own raw peer,
// and the outcomes that its clause allows.
package rule

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Rule is a requirement on an implementation, and the conversation that shows whether it keeps to it.
type Rule struct {
	ID       string          // the last part of a finding's id
	Text     string          // the spec's text
	Clause   string          // of a standard, or of the implementation's documentation
	Severity record.Severity // of the finding
	Want     []string        // the outcomes that the clause allows
	Play     func(*Scene) Outcome
	Deep     bool            // takes many seconds: it is in no run that does not ask for it
	Machine  bool            // depends on the kernel or the processor, and not on the implementation's logic alone
	Kernel   record.Sentence // what of the outcome would be the host's kernel's under an emulator; empty: nothing
	Limit    time.Duration   // how long a conversation may take on an idle machine; 0: usualLimit
}

// Group is the rules for one implementation in one role. Its finding ids begin with "http/NAME/".
type Group struct {
	Name    string
	Title   string // the section's text
	Subject string // the implementation
	Module  string // the module whose version the implementation has; "" for the standard library
	Rules   []Rule
	// Needs ends the spec of a machine on which the group's conversations cannot take place; nil: they can on each.
	Needs func()
	// Optional is for what a laboratory need not have, such as another's program.
	Optional bool
	// Sane is a conversation without any fault, which is played before and after each rule's: where it does not come out as
	// SaneWant, nothing is said about the implementation.
	Sane     func(*Scene) Outcome
	SaneWant string
}

// usualLimit is how long a conversation may take on an idle machine. Each ends by itself, far sooner: a limit that is reached
// means that the implementation hangs.
const usualLimit = 20 * time.Second

// Outcome is what an implementation did.
type Outcome struct {
	Did  string // in the words of the rule's Want
	Said string // its error or other details, for people alone
}

// Did returns an outcome that is text, formatted.
func Did(format string, args ...any) Outcome { return Outcome{Did: fmt.Sprintf(format, args...)} }

func (o Outcome) String() string {
	if o.Said == "" {
		return o.Did
	}
	return o.Did + " (" + o.Said + ")"
}

// Register makes a spec of each rule of the group.
func (g Group) Register() {
	check.Section(g.Title, func() {
		for _, r := range g.Rules {
			g.spec(r)
		}
	})
}

// Finding returns the id of the finding that an implementation does not keep to a rule.
func (g Group) Finding(r Rule) string { return "http/" + g.Name + "/" + r.ID }

// marks returns the labels of a rule's spec.
func (g Group) marks(r Rule) (marks []any) {
	marks = append(marks, check.Finding(g.Finding(r)), check.Within(4*r.limit()+10*time.Second))
	if r.Deep {
		marks = append(marks, check.Deep())
	}
	if g.Optional {
		marks = append(marks, check.Optional())
	}
	if !r.Machine && r.Kernel.En == "" && !g.Optional {
		marks = append(marks, check.Logic())
	}
	return marks
}

func (r Rule) limit() time.Duration {
	if r.Limit == 0 {
		return usualLimit
	}
	return r.Limit
}

// keeps reports whether an outcome is one that the clause allows.
func (r Rule) keeps(o Outcome) bool { return slices.Contains(r.Want, o.Did) }

// spec registers a rule. An implementation is accused of what it did twice.
func (g Group) spec(r Rule) {
	finding := g.Finding(r)
	It(r.Text, append(g.marks(r), func() {
		o := check.Gather(finding, func() Outcome { return g.play(r) })
		if r.keeps(o) {
			return
		}
		if again := check.Gather(finding+" again", func() Outcome { return g.play(r) }); r.keeps(again) {
			check.Error(record.Sayf("not seen twice: %v, then %v", "未能重现：先是 %v，后是 %v", o, again))
		}
		evidence := fmt.Sprintf("%s: %v; allowed: %q", g.Subject, o, r.Want)
		check.Report(record.Finding{ID: finding, Subject: g.Subject, Version: g.version(), Severity: r.Severity, Clause: r.Clause, Evidence: evidence})
		check.Finish(record.SpecEnd{Verdict: record.Fail, Detail: &record.Sentence{En: evidence}})
	})...)
}

func (g Group) version() string {
	if g.Module == "" {
		return runtime.Version()
	}
	return check.ModuleVersion(g.Module)
}

// play has a rule's conversation, between two sane ones.
func (g Group) play(r Rule) Outcome {
	GinkgoHelper()
	if r.Kernel.En != "" {
		check.NeedsKernel(r.Kernel)
	}
	if g.Needs != nil {
		g.Needs()
	}
	sane := func(when string) {
		if g.Sane == nil {
			return
		}
		if o := converse(g.Sane, usualLimit); o.Did != g.SaneWant {
			check.Error(record.Sayf("the sane conversation %[1]s comes out as %[2]v", "正常会话（%[1]s）的结果为 %[2]v", when, o))
		}
	}
	sane("before")
	o := converse(r.Play, r.limit())
	sane("after")
	return o
}
