// Package check is used by every suite. It declares suites, gives specs more verdicts than pass and fail, records samples and
// observations, and turns Ginkgo's reports into the events of package record.
//
// House rules for a suite:
//   - It registers the same specs on every machine. A spec that does not apply calls [Skip] or [NeedsKernel], a spec that needs
//     something absent calls [Miss]: the plan is written before the first spec runs, and is the same for all targets.
//   - A suite of thousands of specs puts each part of them into a [Section].
//   - Spec texts are stable: joined with " / " they are the spec's id, by which results are compared for years.
//   - No BeforeSuite, no Ordered containers: a spec runs alone after another spec has crashed the process, or when it is replayed.
//   - Each spec has a deadline: [DefaultDeadline], or that of the [Within] decorator.
package check

import (
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
	Waits    bool      // mostly waits for servers and timers, so that it may run at the same time as suites that compute
	Serial   bool      // uses one processor only: Exec sets GOMAXPROCS to 1 where processors are emulated
	Hidden   bool      // never selected unless named
	Reads    []string  // environment variables that the specs read: a payload gets these and a few others
	Slots    int       // slots of a virtual machine for disks that specs have plugged in

	// Files reads the user's files for the suite, by name, on the coordinator's machine; nil if the suite takes none. The
	// variables name where they are. The specs get them from the function [Files], wherever they run. The error for a wrong
	// file is a *record.Problem.
	Files func(Variables) (map[string][]byte, error)
}

// Missing is the error for something absent that a person can provide.
type Missing = record.Missing

const (
	// DefaultDeadline of a spec, on the machine itself.
	DefaultDeadline = 30 * time.Second

	labelWithin  = "within="
	labelFinding = "finding="
)

// Bench marks a spec that measures speed: it runs in rounds, under the machine lock.
func Bench() ginkgo.Labels { return ginkgo.Label(record.LabelBench) }

// Logic marks specs that depend on the code's own logic only, and not on the kernel or the processor: no assembly, no
// conversion of floats, nothing that an instruction set or a page size decides. Of the emulated and virtual machines that
// run the same payload, only one runs them.
func Logic() ginkgo.Labels { return ginkgo.Label(record.LabelLogic) }

// Optional marks specs that use a program of the machine as an oracle, or vectors from outside, which no laboratory must have.
// No other specs are optional; see record.LabelOptional.
func Optional() ginkgo.Labels { return ginkgo.Label(record.LabelOptional) }

// Deep marks specs that take minutes, which run only where they are asked for; see record.LabelDeep.
func Deep() ginkgo.Labels { return ginkgo.Label(record.LabelDeep) }

// Within gives a spec or a container a deadline other than DefaultDeadline; the innermost counts.
func Within(d time.Duration) ginkgo.Labels { return ginkgo.Label(labelWithin + d.String()) }

// Finding marks a spec that reports the finding with this id when it fails. If it passes, a waiver for the finding is no longer
// needed; if it crashes, the crash counts as the finding. Ginkgo allows no slash in a label, so that the label has colons.
func Finding(id string) ginkgo.Labels {
	return ginkgo.Label(labelFinding + strings.ReplaceAll(id, "/", ":"))
}

// Section is ginkgo.Describe for a part of a suite at the top level. If specs are selected by id and none of them is in it, it is
// left out of Ginkgo's tree: a process that runs one spec does not build all the others.
func Section(text string, body func(), marks ...any) {
	if run.selectsWithin(text + " / ") {
		ginkgo.Describe(text, append(marks, ginkgo.Offset(1), body)...)
	}
}

// Selected reports whether the spec with the id is selected; true if all are.
func Selected(id string) bool { return run.selected == nil || run.selected[id] }

// LabelledSection is ginkgo.Describe for specs that share labels. If none of the selected specs has one of the labels, it is left
// out of Ginkgo's tree.
func LabelledSection(text string, labels ginkgo.Labels, body func()) {
	if !slices.ContainsFunc(labels, func(l string) bool { return slices.Contains(run.options.Selection.WithoutLabels, l) }) {
		ginkgo.Describe(text, ginkgo.Offset(1), labels, body)
	}
}

// UnplannedSection is a Section that no plan has: its specs exist only if specs are selected by id. A suite uses it to run
// itself again, with specs of this section, in another process.
func UnplannedSection(text string, body func()) {
	if len(run.options.Selection.IDs) > 0 {
		Section(text, body)
	}
}

// register puts the suite's specs into Ginkgo's tree. They are in one container, so that they run in their order.
func (s Suite) register() {
	ginkgo.Describe(s.Item, s.Specs)
}

// UserFiles reads the user's files for the suite, by name; see Files.
func (s Suite) UserFiles(v Variables) (map[string][]byte, error) {
	if s.Files == nil {
		return nil, nil
	}
	return s.Files(v)
}

// specID returns the spec's id: its texts without the suite's own.
func specID(r types.SpecReport) string {
	texts := r.ContainerHierarchyTexts
	if len(texts) > 0 {
		texts = texts[1:]
	}
	return strings.Join(append(texts[:len(texts):len(texts)], r.LeafNodeText), " / ")
}

// specPlan returns the spec's entry in the plan.
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
