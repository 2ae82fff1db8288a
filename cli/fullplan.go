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

// ownProgram is what certificates are issued and verified with.
func ownProgram() claim.Program {
	p := claim.Program{Version: version(), Waivers: matrix.WaiversText(), FullPlan: suites.FullPlan}
	if b, err := build.Here(); err == nil {
		p.Commit = b.Commit()
	}
	return p
}

// selected is what a run was asked for, as its manifest keeps it: no address of a server, of files their digests.
func selected(o runOptions, p matrix.Plan, vars check.Variables, files map[string]map[string][]byte) *store.Selection {
	s := &store.Selection{Targets: some(o.targets), Suites: some(o.suites), Specs: some(o.specs), Label: o.label, Rounds: 1,
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

// some is a list that is written as [] where it is empty.
func some(list []string) []string { return append([]string{}, list...) }
