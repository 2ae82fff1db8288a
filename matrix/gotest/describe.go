package gotest

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"github.com/emmansun/gmsm/sm3"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/list"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/stamp"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/tree"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Describe returns what the tests of the targets are of, for the run's manifest: keys are the build keys by target. It
// returns nil where no test is of a module of the user's own.
func (p *Product) Describe(ctx context.Context, keys map[string]build.Key) (*store.Product, error) {
	if p.prebuilt != nil {
		return p.prebuilt.describe(slices.Sorted(maps.Keys(keys))), nil
	}
	packages, err := p.list(ctx, platformHere())
	if err != nil {
		return nil, err
	}
	module := p.module(packages)
	if module == nil {
		return nil, nil
	}
	s := stamp.Read(ctx, module.Dir, p.Cache, p.goEnv.GOVERSION, p.environment(platformHere()))
	d := &store.Product{Module: module.Path, Version: s.Version, VCS: s.VCS, Revision: s.Revision, Time: s.Time, Modified: s.Modified,
		Go: s.Go, Flags: p.flags(), Args: len(p.Args), Plans: []store.TestPlan{}}
	files, _, err := p.carried(ctx, roots(packages))
	if err != nil {
		return nil, err
	}
	if d.Tree, err = treeDigest(files); err != nil {
		return nil, err
	}
	d.Options = p.goEnv.options()
	if err := p.compare(ctx, d, module, files, slices.Collect(maps.Values(keys))); err != nil {
		return nil, err
	}
	if sums, err := regular.Read(filepath.Join(module.Dir, "go.sum"), maxSums); err == nil {
		d.Sums = store.DigestOf(sums)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	all := p.whole(module)
	for _, target := range slices.Sorted(maps.Keys(keys)) {
		plan, err := all.testPlan(ctx, target, keys[target])
		if err != nil {
			return nil, err
		}
		d.Plans = append(d.Plans, plan)
	}
	return d, nil
}

// maxSums bounds a go.sum, in bytes.
const maxSums = 64 << 20

// module returns the user's own module that holds the directory, else the first; nil where no package is of one.
func (p *Product) module(packages []*list.Package) *list.Module {
	var first *list.Module
	for _, pkg := range packages {
		if pkg.Module == nil || !pkg.Module.Main {
			continue
		}
		if holds(pkg.Module.Dir, p.Dir) {
			return pkg.Module
		}
		if first == nil {
			first = pkg.Module
		}
	}
	return first
}

// flags returns what decides how tests are built and run.
func (p *Product) flags() []string {
	flags := p.buildFlags(build.Key{})
	if p.Short {
		flags = append(flags, "-short")
	}
	if p.subtests != "" {
		flags = append(flags, "-run="+p.Run)
	}
	return flags
}

var everything = pattern.Of("")

// whole returns the module with all its tests and benchmarks, whatever was selected.
func (p *Product) whole(module *list.Module) *Product {
	all := &Product{Config: Config{Dir: module.Dir, Patterns: []string{"./..."}, Tags: p.Tags, Race: p.Race, Deadline: p.Deadline}, Cache: p.Cache, goEnv: p.goEnv,
		run: everything(), bench: everything(), listings: map[string]*listing{}, builds: map[string]*built{}}
	if p.Dir == module.Dir && slices.Equal(p.Patterns, all.Patterns) {
		all.listings = p.listings
	}
	return all
}

// testPlan returns all that the module has for a target.
func (p *Product) testPlan(ctx context.Context, target string, key build.Key) (store.TestPlan, error) {
	packages, err := p.list(ctx, key)
	if err != nil {
		return store.TestPlan{}, err
	}
	var specs []record.SpecPlan
	for _, pkg := range packages {
		specs = append(specs, p.specs(pkg)...)
	}
	return store.TestPlanOf(target, len(packages), specs), nil
}

// treeDigest returns "sm3:" and the SM3 of the files' paths, modes and contents.
func treeDigest(files tree.Files) (string, error) {
	all := sm3.New()
	for _, f := range files {
		content := f.Link
		if f.Mode.IsRegular() {
			var err error
			if content, err = fileDigest(f.From); err != nil {
				return "", err
			}
		}
		fmt.Fprintf(all, "%s\x00%v\x00%s\x00", f.Path, f.Mode, content)
	}
	return "sm3:" + hex.EncodeToString(all.Sum(nil)), nil
}

func fileDigest(path string) (string, error) {
	in, err := regular.Open(path, tree.Limit)
	if err != nil {
		return "", err
	}
	defer in.Close()
	sum := sm3.New()
	if _, err := io.Copy(sum, in); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
