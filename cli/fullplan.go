package cli

import (
	"maps"
	"slices"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/suites"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// ownProgram returns the program that issues and verifies certificates: this one.
func ownProgram() claim.Program {
	p := claim.Program{Version: version(), Waivers: matrix.WaiversText(), FullPlan: suites.FullPlan}
	if b, err := build.Here(); err == nil {
		p.Commit = b.Commit()
	}
	return p
}

// selected returns what the user has selected for a run, for its manifest: databases without their data source names,
// files by their hashes.
func selected(o runOptions, p matrix.Plan, vars check.Variables, files map[string]map[string][]byte) *store.Selection {
	s := &store.Selection{Targets: notNil(o.targets), Suites: notNil(o.suites), Specs: notNil(o.specs), Label: o.label, Rounds: 1,
		Servers: append([]store.Server{}, servers.Selected(vars)...), Vectors: []store.Vector{}}
	for _, c := range p.Cells {
		s.Rounds = max(s.Rounds, c.Rounds)
	}
	for _, item := range slices.Sorted(maps.Keys(files)) {
		for _, name := range slices.Sorted(maps.Keys(files[item])) {
			s.Vectors = append(s.Vectors, store.Vector{Item: item, Name: name, SM3: claim.SourceOf(name, files[item][name]).SM3})
		}
	}
	return s
}

// notNil returns a copy of list that JSON writes as [] if it is empty.
func notNil(list []string) []string { return append([]string{}, list...) }
