// Package check is what every suite uses: how a suite is declared, how a spec says more than pass or fail, how it
// measures and observes, and the bridge from Ginkgo's reports to record's events.
//
// House rules for a suite:
//   - It registers the same specs on every machine. What does not apply says so with [Skip] or [NeedsKernel], what
//     needs something absent says so with [Miss]: the plan is written before the first spec runs, and is the same for
//     all targets.
//   - A suite of thousands of specs has its parts in a [Section] each.
//   - Spec texts are stable: joined with " / " they are the spec's id, which results of years to come are compared by.
//   - No BeforeSuite, no Ordered containers: a spec runs alone when its neighbour has crashed, or when it is replayed.
//   - Each spec has a deadline: [DefaultDeadline], or what the [Within] decorator says.
package check

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Suite is one item's specs.
type Suite struct {
	Item     string    // the item's name, as in the catalogue: "crypto"
	Specs    func()    // registers the specs; called inside the suite's container
	Services []Service // what the coordinator starts on its own machine for the suite
	Waits    bool      // mostly waits, for servers and timers: it runs beside suites that compute
	Serial   bool      // has no use for a second processor: where they are emulated it is given one, see Exec
	Hidden   bool      // never selected unless named
	Reads    []string  // environment variables that the specs read: a payload is given these of the user's own
	Slots    int       // of a virtual machine, for disks that the specs ask for while they run

	// Files reads what the user gives the suite, by name, on the coordinator's machine; nil where there is nothing to
	// give. The specs get it from [Files], wherever they run. What is wrong with it is a *record.Problem.
	Files func() (map[string][]byte, error)
}

// Service is a throw-away part that a suite talks to, such as a database server. The coordinator starts it, because a
// payload under an emulator, in a virtual machine or on a bare lab machine cannot.
type Service interface {
	// Name is stable, and unique among services.
	Name() string
	// Start starts the service in dir, which is empty, owned by the caller and removed by it after stop. env is what
	// the payloads are told ("XCMATRIX_DSN_POSTGRES=…"): it may hold passwords, so it is never logged or stored. A
	// service that is given by the user needs no start: ask environ first. A *Missing error says what is absent.
	Start(ctx context.Context, dir string) (env []string, stop func(), err error)
}

// Missing is the error for something absent that a person can provide.
type Missing = record.Missing

const (
	// DefaultDeadline of a spec, on the machine itself.
	DefaultDeadline = 30 * time.Second

	labelWithin  = "within="
	labelFinding = "finding="
)

// Bench marks a spec that measures speed: it runs in rounds, with the machine to itself.
func Bench() ginkgo.Labels { return ginkgo.Label(record.LabelBench) }

// Logic marks specs that ask for the code's own logic, far from kernel and processor: no assembly, no conversion of
// floats, nothing that an instruction set or a size of pages decides. Of the emulated and virtual machines that run the
// same payload, one runs them.
func Logic() ginkgo.Labels { return ginkgo.Label(record.LabelLogic) }

// Optional marks specs that ask a program of the machine as an oracle, or put vectors from outside: what no laboratory has to
// have. Nothing else is optional; see record.LabelOptional.
func Optional() ginkgo.Labels { return ginkgo.Label(record.LabelOptional) }

// Within gives a spec or a container a deadline other than DefaultDeadline; the innermost counts.
func Within(d time.Duration) ginkgo.Labels { return ginkgo.Label(labelWithin + d.String()) }

// Finding marks a spec that would report the finding: so a waiver learns from a pass that it is no longer needed, and a
// crash is laid to the finding that it was expected to show. Ginkgo allows no slash in a label; the plan has it back.
func Finding(id string) ginkgo.Labels {
	return ginkgo.Label(labelFinding + strings.ReplaceAll(id, "/", ":"))
}

// Section is ginkgo.Describe for a part of a suite at its top. Where specs are asked for by name and none of them is in it,
// it is left out of Ginkgo's tree: a process that runs one spec does not grow all the others.
func Section(text string, body func(), marks ...any) {
	if run.asksWithin(text + " / ") {
		ginkgo.Describe(text, append(marks, ginkgo.Offset(1), body)...)
	}
}

// Asks reports whether a spec is among those asked for by name; true where all are.
func Asks(id string) bool { return run.asked == nil || run.asked[id] }

// Part is ginkgo.Describe for specs that share labels. Where none of those asked for has one of the labels, it is left out
// of Ginkgo's tree, as a Section is.
func Part(text string, labels ginkgo.Labels, body func()) {
	if !slices.ContainsFunc(labels, func(l string) bool { return slices.Contains(run.options.Asked.Without, l) }) {
		ginkgo.Describe(text, ginkgo.Offset(1), labels, body)
	}
}

// Aside is a Section that is in no plan: it is there where specs of it are asked for by name, as a suite does that starts
// itself again to have something done in a process of its own.
func Aside(text string, body func()) {
	if len(run.options.Asked.Specs) > 0 {
		Section(text, body)
	}
}

// register puts the suite's specs into Ginkgo's tree, in one container, so that they run in the order they stand in.
func (s Suite) register() {
	ginkgo.Describe(s.Item, s.Specs)
}

// Given reads what the user gives the suite.
func (s Suite) Given() (map[string][]byte, error) {
	if s.Files == nil {
		return nil, nil
	}
	return s.Files()
}

// specID is the spec's texts without the suite's own.
func specID(r types.SpecReport) string {
	texts := r.ContainerHierarchyTexts
	if len(texts) > 0 {
		texts = texts[1:]
	}
	return strings.Join(append(texts[:len(texts):len(texts)], r.LeafNodeText), " / ")
}

// specPlan is the spec as the plan lists it.
func specPlan(r types.SpecReport) record.SpecPlan {
	p := record.SpecPlan{ID: specID(r), Deadline: DefaultDeadline.Seconds()}
	for _, label := range r.Labels() {
		if within, ok := strings.CutPrefix(label, labelWithin); ok {
			if d, err := time.ParseDuration(within); err == nil {
				p.Deadline = d.Seconds()
			}
			continue
		}
		if strings.HasPrefix(label, labelFinding) {
			label = strings.ReplaceAll(label, ":", "/")
		}
		p.Labels = append(p.Labels, label)
	}
	return p
}
