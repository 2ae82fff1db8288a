// Package selftest is the hidden item that the harness proves itself with: each spec does one thing that a harness
// must survive, and says in its text which verdict is the right one.
package selftest

import (
	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Suite is the item selftest.
var Suite = check.Suite{Item: "selftest", Hidden: true, Specs: specs, Reads: []string{PlantVariable}}

// act is one thing to survive.
type act struct {
	does  string
	right record.Verdict
	body  func()
	with  []any // decorators
}

// slow marks the acts that take seconds, for tests that need many runs.
var slow = Label("slow")

// id is the spec's text: what it does, and the right verdict.
func (a act) id() string { return a.does + ": " + string(a.right) }

// Expected is the right verdict of every spec, by id, where XCMATRIX_PLANT is not set.
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

// acts, of which the last one shows that none before it took the rest along.
func acts() []act {
	all := append(verdicts(), deaths()...)
	all = append(all, noises()...)
	all = append(all, plants()...)
	return append(all, act{does: "passes after all of them", right: record.Pass, body: func() {}})
}
