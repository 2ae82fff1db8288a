package abi

import (
	"runtime"
	"slices"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

func withoutAtomics(l litmus) string {
	return "litmus / " + l.name + " without sync/atomic: is seen on chips that allow it only"
}

// addLitmus adds the broken facts of the litmus tests, for those that this architecture forbids.
func addLitmus(all check.BrokenFacts) {
	seen := sightings{Tries: 1, Seen: 1}
	for _, l := range litmusTests() {
		all["litmus / "+l.name+" with sync/atomic: "+l.says] = []check.Facts{{"litmus test " + l.name + " with sync/atomic": seen}}
		all["litmus / "+l.name+" with sync/atomic, 10,000,000 times"] = []check.Facts{{"litmus test " + l.name + ", 10,000,000 times": seen}}
		if slices.Contains(l.plain, runtime.GOARCH) {
			all[withoutAtomics(l)] = []check.Facts{{"litmus test " + l.name + " without sync/atomic": seen}}
		}
	}
	all["litmus / SB without sync/atomic is seen on amd64 within 1,000,000 tries"] = []check.Facts{
		{"litmus test SB, until it is seen without sync/atomic": sightings{Tries: mostTries}},
	}
}

// unjudged returns the litmus tests that this architecture allows: they are observations.
func unjudged() (ids []string) {
	for _, l := range litmusTests() {
		if !slices.Contains(l.plain, runtime.GOARCH) {
			ids = append(ids, withoutAtomics(l))
		}
	}
	return ids
}
