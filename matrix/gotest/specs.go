package gotest

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/image"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/list"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Names of the specs about a package that are no tests.
const (
	buildSpec = "build"
	vetSpec   = "vet"
	mainSpec  = "TestMain" // that the process ends as its tests call for
)

// buildDeadline is that of specs which nothing but a build decides, in seconds.
const buildDeadline = 600

// Specs returns the specs for a platform. It returns an error if there is no test.
func (p *Product) Specs(ctx context.Context, key build.Key) ([]record.SpecPlan, error) {
	if p.prebuilt != nil {
		return p.prebuilt.specs(key)
	}
	packages, err := p.list(ctx, key)
	if err != nil {
		return nil, err
	}
	var specs []record.SpecPlan
	for _, pkg := range packages {
		specs = append(specs, p.specs(pkg)...)
	}
	if len(specs) == 0 {
		return nil, p.nothing()
	}
	if len(packages) > 0 && !p.anyTest(ctx, packages) {
		return nil, record.Wrongf("", "%s has no tests: write one in a file whose name ends with _test.go, or name other packages", "%s 没有测试：请在以 _test.go 结尾的文件中编写，或指定其他包",
			strings.Join(p.Patterns, " "))
	}
	return specs, nil
}

// anyTest reports whether something is to run in the packages, or in those of this machine's platform.
func (p *Product) anyTest(ctx context.Context, packages []*list.Package) bool {
	here, err := p.list(ctx, platformHere())
	if err != nil {
		return true
	}
	return slices.ContainsFunc(slices.Concat(packages, here), func(pkg *list.Package) bool { return len(p.selected(pkg)) > 0 || pkg.Wrong != "" })
}

func (p *Product) nothing() error {
	if p.Run != "" || p.Bench != "" {
		return record.Wrongf("--run", "no test matches %q: `go test -list . %s` shows their names", "没有与 %q 匹配的测试：可用 `go test -list . %s` 查看",
			strings.Trim(p.Run+" "+p.Bench, " "), strings.Join(p.Patterns, " "))
	}
	return record.Wrongf("", "%s has no packages: name some, or write one", "%s 没有包：请指定或编写", strings.Join(p.Patterns, " "))
}

// specs returns the specs of a package.
func (p *Product) specs(pkg *list.Package) []record.SpecPlan {
	funcs := p.selected(pkg)
	if len(funcs) == 0 && (p.Run != "" || p.Bench != "") {
		return nil
	}
	id := func(name string) string { return image.Spec(pkg.ImportPath, name) }
	built := []string{record.LabelBuild}
	specs := []record.SpecPlan{{ID: id(buildSpec), Labels: built, Deadline: buildDeadline}, {ID: id(vetSpec), Labels: built, Deadline: buildDeadline}}
	tests := false
	for _, f := range funcs {
		s := record.SpecPlan{ID: id(f.Name), Deadline: f.Deadline}
		if f.Bench {
			s.Labels = []string{record.LabelBench}
		}
		tests = tests || !f.Bench
		specs = append(specs, s)
	}
	if pkg.TestMain && tests {
		specs = append(specs, record.SpecPlan{ID: id(mainSpec), Deadline: p.Deadline.Seconds()})
	}
	return specs
}

// selected returns the selected tests and benchmarks of a package.
func (p *Product) selected(pkg *list.Package) []image.Func {
	var funcs []image.Func
	for _, f := range pkg.Funcs {
		bench := f.Kind == list.Benchmark
		switch {
		case p.skip != nil && p.skip.MatchString(f.Name):
			continue
		case bench && (p.bench == nil || !p.bench.MatchString(f.Name)):
			continue
		case !bench && p.run != nil && !p.run.MatchString(f.Name):
			continue
		case !bench && p.bench != nil && p.run == nil: // as `go test -run=^$ -bench`: figures are what is asked for
			continue
		}
		r := p.rule(pkg, f)
		if r.Skip {
			continue
		}
		funcs = append(funcs, image.Func{Name: f.Name, Bench: bench, Deadline: r.Deadline.Seconds(), Needs: slices.Concat(p.Needs, r.Needs)})
	}
	return funcs
}

// rule returns the first that matches a test, with the deadline that holds for all where it has none.
func (p *Product) rule(pkg *list.Package, f list.Func) Rule {
	for _, r := range p.Rules {
		if ok, err := path.Match(r.Test, pkg.ImportPath+"/"+f.Name); err == nil && ok {
			if r.Deadline == 0 {
				r.Deadline = p.Deadline
			}
			return r
		}
	}
	return Rule{Deadline: p.Deadline}
}

// wanted returns the packages with selected tests.
func (p *Product) wanted(packages []*list.Package) []*list.Package {
	var kept []*list.Package
	for _, pkg := range packages {
		if len(p.specs(pkg)) > 0 {
			kept = append(kept, pkg)
		}
	}
	return kept
}
