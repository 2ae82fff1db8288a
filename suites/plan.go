package suites

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// Specs returns the specs that an item's suite has with these variables. It fails if there is no such suite, or if the
// user's files for it cannot be read.
func Specs(item string, v check.Variables) ([]record.SpecPlan, error) {
	s, ok := Find(item)
	if !ok {
		return nil, fmt.Errorf("no suite %s", item)
	}
	plan, err := check.List(s, v)
	return plan.Specs, err
}

// UserFiles returns the files that the user gives the suites of items, by item and name.
func UserFiles(items []string, v check.Variables) (map[string]map[string][]byte, error) {
	all := map[string]map[string][]byte{}
	for _, item := range items {
		s, _ := Find(item)
		files, err := s.UserFiles(v)
		if err != nil {
			return nil, err
		}
		all[item] = files
	}
	return all, nil
}

// FullPlans returns the plans of all suites that are not hidden, and of those of items.
func FullPlans(items []string, v check.Variables) ([]store.FullPlan, error) {
	var all []store.FullPlan
	for _, s := range All() {
		if s.Hidden && !slices.Contains(items, s.Item) {
			continue
		}
		plan, err := check.List(s, v)
		if err != nil {
			return nil, err
		}
		all = append(all, store.FullPlanOf(s.Item, plan.Specs))
	}
	return all, nil
}

// FullPlan returns the plan that this program has for an item with the servers that a run named, whatever this process's
// environment names. It returns false if there is no such suite or database.
func FullPlan(item string, sel store.Selection) (store.FullPlan, bool) {
	suite, ok := Find(item)
	if !ok {
		return store.FullPlan{}, false
	}
	v := check.Variables{crypto.EnvVectors: ""}
	for _, name := range servers.Names() {
		v[servers.Variable(name)] = ""
	}
	for _, s := range sel.Servers {
		variable := servers.Variable(s.Database)
		switch {
		case variable == "":
			return store.FullPlan{}, false
		case s.StandIn:
			v[variable] = dialect.StandIn
		default:
			v[variable] = "named"
		}
	}
	plan, err := check.List(suite, v)
	return store.FullPlanOf(item, plan.Specs), err == nil
}

// WithoutServices returns those of items that have a service whose program is not installed on this machine, and whose
// server given does not name.
func WithoutServices(items []string, given map[string]string) []string {
	return slices.DeleteFunc(slices.Clone(items), func(item string) bool {
		s, _ := Find(item)
		return !slices.ContainsFunc(s.Services, func(service check.Service) bool {
			program, ok := service.(interface{ Installed() bool })
			return ok && !program.Installed() && given[service.Variable()] == ""
		})
	})
}

// StartServices starts the services of items. env returns the environment of an item's payloads: those of given that its
// suite reads, and the addresses of its services. stop stops the services. For newDir and the error see check.StartServices.
func StartServices(ctx context.Context, items []string, given map[string]string, newDir func(service string) (string, error)) (
	env func(item string) []string, stop func(), err error) {
	var list []check.Service
	for _, item := range items {
		s, _ := Find(item)
		list = append(list, s.Services...)
	}
	started, err := check.StartServices(ctx, list, given, newDir)
	if err != nil {
		return nil, nil, err
	}
	env = func(item string) []string {
		s, _ := Find(item)
		all := check.Variables{}
		maps.Copy(all, given)
		maps.Copy(all, started.Variables(s.Services))
		return all.Environ(s.Reads)
	}
	return env, started.Stop, nil
}

// HasServices reports whether payloads of an item connect to services of this machine.
func HasServices(item string) bool {
	s, _ := Find(item)
	return len(s.Services) > 0
}

// Reads returns the names of the environment variables that an item's suite reads.
func Reads(item string) []string {
	s, _ := Find(item)
	return s.Reads
}

// Waits reports whether an item's suite mostly waits, so that it can run beside others.
func Waits(item string) bool {
	s, _ := Find(item)
	return s.Waits
}

// DiskSlots returns how many slots for disks an item's suite needs in a virtual machine.
func DiskSlots(item string) int {
	s, _ := Find(item)
	return s.Slots
}

// Inputs returns what a run's manifest keeps of the user's servers and files: the servers without their data source names,
// the files, by item and name, with their SM3 hashes.
func Inputs(v check.Variables, files map[string]map[string][]byte) ([]store.Server, []store.Vector) {
	vectors := []store.Vector{}
	for _, item := range slices.Sorted(maps.Keys(files)) {
		for _, name := range slices.Sorted(maps.Keys(files[item])) {
			vectors = append(vectors, store.Vector{Item: item, Name: name, SM3: claim.SourceOf(name, files[item][name]).SM3})
		}
	}
	return append([]store.Server{}, servers.Selected(v)...), vectors
}
