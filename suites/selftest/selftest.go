// Package selftest is the hidden item that tests the harness: each spec does one thing that a harness must survive, and its text
// says which verdict is the right one.
package selftest

import (
	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Suite is the item selftest.
var Suite = check.Suite{Item: "selftest", Hidden: true, Specs: specs, Reads: []string{PlantVariable}}

// act is one thing that the harness must survive.
type act struct {
	does  string
	right record.Verdict
	body  func()
	with  []any // decorators
}

// slow marks the acts that take seconds, so that tests with many runs can leave them out.
var slow = Label("slow")

// id returns the spec's text: its name and the right verdict.
func (a act) id() string { return a.does + ": " + string(a.right) }

// Expected returns the right verdict of every spec, by id, if XCMATRIX_PLANT is not set.
func Expected() map[string]record.Verdict {
	right := map[string]record.Verdict{}
	for _, a := range acts() {
		right[a.id()] = a.right
	}
	return right
}

func specs() {
	before, last := acts()[:len(acts())-1], acts()[len(acts())-1]
	for _, a := range before {
		It(a.id(), append(a.with, a.body)...)
	}
	It(last.id(), last.body) // a line of its own: Ginkgo orders by line, then by text
}

// acts returns all of them. The last one passes, which shows that none before it ended the run.
func acts() []act {
	all := append(verdicts(), deaths()...)
	all = append(all, noises()...)
	all = append(all, plants()...)
	return append(all, act{does: "passes after all of them", right: record.Pass, body: func() {}})
}
