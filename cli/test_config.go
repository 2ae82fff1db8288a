package cli

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/gotest"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites"
	"github.com/xcmatrix/xcmatrix/suites/database"
)

// testConfig is what a matrix file says of the user's own tests, with what flags say on top of it; nil where neither asks
// for them. Durations were checked when the file was read.
func testConfig(m *matrix.Matrix, flags *gotest.Config) *gotest.Config {
	if m.Tests == nil {
		return flags
	}
	t := m.Tests
	c := &gotest.Config{Dir: m.Directory(), Patterns: t.Packages, Tags: t.Tags, Short: t.Short, Args: t.Args, Env: t.Env, Needs: t.Needs}
	c.Deadline, _ = time.ParseDuration(t.Deadline)
	for _, r := range t.Rules {
		d, _ := time.ParseDuration(r.Deadline)
		c.Rules = append(c.Rules, gotest.Rule{Test: r.Test, Deadline: d, Skip: r.Skip, Needs: r.Needs})
	}
	if flags != nil {
		c.Add(*flags)
	}
	return c
}

// servicesOf returns the names of the services that the user's own tests need.
func servicesOf(p *gotest.Product) []string {
	if p == nil {
		return nil
	}
	return p.Services()
}

// startServices is suites.StartServices, which also starts the services that the user's own tests need.
func startServices(needed []string) func(context.Context, []string, map[string]string, func(string) (string, error)) (func(string) []string, func(), error) {
	if len(needed) == 0 {
		return suites.StartServices
	}
	return func(ctx context.Context, items []string, given map[string]string, newDir func(string) (string, error)) (func(string) []string, func(), error) {
		all := items
		if slices.Contains(items, gotest.Item) && !slices.Contains(items, database.Suite.Item) {
			all = append(slices.Clone(items), database.Suite.Item)
		}
		given = maps.Clone(given)
		env, stop, err := suites.StartServices(ctx, all, given, newDir)
		if err != nil {
			return nil, nil, err
		}
		return func(item string) []string {
			if item != gotest.Item {
				return env(item)
			}
			return slices.DeleteFunc(env(database.Suite.Item), func(e string) bool { return !aboutService(e, needed) })
		}, stop, nil
	}
}

// aboutService reports whether a variable, as NAME=value, says where one of the services is, or why it is not there.
func aboutService(variable string, services []string) bool {
	name, _, _ := strings.Cut(variable, "=")
	return slices.ContainsFunc(services, func(s string) bool {
		return name == "XCMATRIX_DSN_"+strings.ToUpper(s) || name == record.MissingEnv(s)
	})
}

// plannedTests are the user's own tests that a matrix file names; nil where it names none.
func (a *app) plannedTests(m *matrix.Matrix) (*gotest.Product, error) {
	config := testConfig(m, nil)
	if config == nil {
		return nil, nil
	}
	builder, err := build.Here()
	if err != nil {
		return nil, err
	}
	return a.product(config, builder)
}
