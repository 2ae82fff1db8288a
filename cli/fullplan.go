package cli

import (
	"maps"
	"os"
	"slices"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/suites"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// ownProgram is what certificates are issued and verified with.
func ownProgram() claim.Program {
	p := claim.Program{Version: version(), Waivers: matrix.WaiversText(), FullPlan: fullPlan}
	if b, err := build.Here(); err == nil {
		p.Commit = b.Commit()
	}
	return p
}

// selected is what a run was asked for, as its manifest keeps it: no address of a server, of files their digests.
func selected(o runOptions, p matrix.Plan, files map[string]map[string][]byte) *store.Selection {
	s := &store.Selection{Targets: some(o.targets), Suites: some(o.suites), Specs: some(o.specs), Label: o.label, Rounds: 1,
		Servers: []store.Server{}, Vectors: []store.Vector{}}
	for _, c := range p.Cells {
		s.Rounds = max(s.Rounds, c.Rounds)
	}
	for _, name := range servers.Names() {
		if dsn := os.Getenv(servers.Variable(name)); dsn != "" {
			s.Servers = append(s.Servers, store.Server{Database: name, StandIn: dsn == dialect.StandIn})
		}
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

// fullPlans are the plans of all suites that are not hidden, and of those that are planned.
func fullPlans(p matrix.Plan) ([]store.FullPlan, error) {
	var all []store.FullPlan
	for _, s := range suites.All() {
		if s.Hidden && !slices.Contains(p.Items, s.Item) {
			continue
		}
		plan, err := check.List(s)
		if err != nil {
			return nil, err
		}
		all = append(all, store.FullPlanOf(s.Item, plan.Specs))
	}
	return all, nil
}

// fullPlan is what this program has for an item with the servers that a run named; false where it has no such suite.
func fullPlan(item string, sel store.Selection) (store.FullPlan, bool) {
	suite, ok := suites.Find(item)
	if !ok {
		return store.FullPlan{}, false
	}
	told := map[string]string{crypto.EnvVectors: ""}
	for _, name := range servers.Names() {
		told[servers.Variable(name)] = ""
	}
	for _, s := range sel.Servers {
		variable := servers.Variable(s.Database)
		switch {
		case variable == "":
			return store.FullPlan{}, false
		case s.StandIn:
			told[variable] = dialect.StandIn
		default:
			told[variable] = "named"
		}
	}
	defer setEnvironment(told)()
	plan, err := check.List(suite)
	return store.FullPlanOf(item, plan.Specs), err == nil
}

// setEnvironment sets variables, and returns what sets them back.
func setEnvironment(to map[string]string) (back func()) {
	was := map[string]string{}
	for name, value := range to {
		was[name] = os.Getenv(name)
		os.Setenv(name, value)
	}
	return func() {
		for name, value := range was {
			os.Setenv(name, value)
		}
	}
}
