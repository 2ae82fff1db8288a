package cli

import (
	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/suites"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// ownProgram returns the program that issues and verifies certificates: this one.
func ownProgram() claim.Program {
	p := claim.Program{Version: version(), Waivers: matrix.WaiversText(), FullPlan: suites.FullPlan}
	if b, err := build.Here(); err == nil {
		p.Commit = b.Commit()
	}
	return p
}

// selected returns the selection of a run, for its manifest.
func selected(o runOptions, p matrix.Plan, vars check.Variables, files map[string]map[string][]byte) *store.Selection {
	s := &store.Selection{Targets: notNil(o.targets), Suites: notNil(o.suites), Specs: notNil(o.specs), Label: o.label, Rounds: p.Rounds()}
	s.Servers, s.Vectors = suites.Inputs(vars, files)
	return s
}

// notNil returns a copy of list that JSON writes as [] if it is empty.
func notNil(list []string) []string { return append([]string{}, list...) }
