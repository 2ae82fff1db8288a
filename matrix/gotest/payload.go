package gotest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"runtime"
	"sync"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/compile"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/image"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/tree"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// built is the result of the build for a platform.
type built struct {
	once     sync.Once
	options  compile.Options
	results  []*compile.Result
	contents image.Contents
	binaries map[string]string
	carried  map[string]bool // build specs whose verdicts the carrier gives
	files    tree.Files
	err      error
}

// Payload is what starts the tests of a platform, and the verdicts that the build came to already, by spec.
type Payload struct {
	build.Payload
	Verdicts map[string]record.SpecEnd
	Carried  map[string]bool                                          // specs of the build whose verdicts come from the target
	Needs    map[string][]string                                      // services of specs
	Findings map[string]record.Finding                                // behind those verdicts that fail, by spec
	Late     func(context.Context) (map[string]record.SpecEnd, error) // verdicts that can wait until the tests have run
}

// Where tells where the program starts behind which tests are put.
type Where int

const (
	Here    Where = iota // on this machine, which starts the tests itself, or under an emulator
	Guest                // in a virtual machine: it is a program for the platform
	Machine              // on another machine, which it reaches by SSH: it is a whole program for the platform, with a supervisor
)

// Payload builds the tests for a platform, and puts them behind a program that carries them.
func (p *Product) Payload(ctx context.Context, key build.Key, where Where) (Payload, error) {
	if p.prebuilt != nil {
		return p.prebuilt.payload(where)
	}
	b := p.build(ctx, key)
	if b.err != nil {
		return Payload{}, b.err
	}
	payload := Payload{Verdicts: p.verdicts(b), Findings: findings(b), Carried: b.carried, Needs: needs(b)}
	payload.Late = func(ctx context.Context) (map[string]record.SpecEnd, error) { return p.vetted(ctx, b) }
	if len(b.contents.Packages) == 0 {
		return payload, nil
	}
	program, err := p.program(ctx, key, where)
	if err != nil {
		return payload, err
	}
	payload.Payload, err = p.assemble(b, program)
	payload.Here = where == Here
	return payload, err
}

// program returns the path of the program to which the tests are appended.
func (p *Product) program(ctx context.Context, key build.Key, where Where) (string, error) {
	if where == Here || key.GOOS == runtime.GOOS && key.GOARCH == runtime.GOARCH {
		return os.Executable()
	}
	return p.Program(ctx, key, where == Machine)
}

// needs returns the services that tests need, by spec.
func needs(b *built) map[string][]string {
	all := map[string][]string{}
	for _, pkg := range b.contents.Packages {
		for _, f := range pkg.Funcs {
			if len(f.Needs) > 0 {
				all[image.Spec(pkg.Path, f.Name)] = f.Needs
			}
		}
	}
	return all
}

// build builds the tests for a platform, once.
func (p *Product) build(ctx context.Context, key build.Key) *built {
	p.mu.Lock()
	b := p.builds[key.String()]
	if b == nil {
		b = &built{}
		p.builds[key.String()] = b
	}
	p.mu.Unlock()
	b.once.Do(func() { b.err = p.fill(ctx, b, key) })
	return b
}

func (p *Product) fill(ctx context.Context, b *built, key build.Key) error {
	packages, err := p.list(ctx, key)
	if err != nil {
		return err
	}
	packages = p.wanted(packages)
	roots := roots(packages)
	if b.files, _, err = p.carried(ctx, roots); err != nil {
		return err
	}
	b.options = compile.Options{Dir: p.Dir, Env: p.environment(key), Flags: p.buildFlags(key), GOARCH: key.GOARCH,
		Native: key.GOARCH == runtime.GOARCH && key.GOOS == runtime.GOOS, Out: p.stage(key)}
	if err := os.MkdirAll(b.options.Out, 0o755); err != nil {
		return err
	}
	unlock, err := build.Lock(ctx, b.options.Out)
	if err != nil {
		return err
	}
	defer unlock()
	if b.results, err = compile.Packages(ctx, b.options, packages); err != nil {
		return err
	}
	b.contents = image.Contents{GOOS: key.GOOS, GOARCH: key.GOARCH, Go: p.goEnv.GOVERSION, Args: p.Args, Short: p.Short, Cover: p.Cover, SubTests: p.subtests}
	b.binaries = map[string]string{}
	for _, r := range b.results {
		funcs := p.selected(r.Package)
		if r.Binary == "" || len(funcs) == 0 {
			continue
		}
		name := fmt.Sprintf("bin/%d", len(b.binaries))
		b.binaries[name] = r.Binary
		b.contents.Packages = append(b.contents.Packages, image.Package{Path: r.Package.ImportPath, Dir: place(r.Package, roots), Binary: name,
			TestMain: r.Package.TestMain, Funcs: funcs})
	}
	if p.Remedy {
		return p.tryRemedies(ctx, b, roots)
	}
	return nil
}

// verdicts returns the verdicts of the build: on each package, and on the tests of packages without a test binary.
func (p *Product) verdicts(b *built) map[string]record.SpecEnd {
	verdicts := map[string]record.SpecEnd{}
	for _, r := range b.results {
		path := r.Package.ImportPath
		if id := image.Spec(path, buildSpec); !b.carried[id] {
			verdicts[id] = r.Build
		}
		if r.Binary != "" {
			continue
		}
		why := record.Say("its package does not build here", "其所属包在此平台无法构建")
		remedy := record.Sayf("see %s", "见 %s", image.Spec(path, buildSpec))
		end := record.SpecEnd{Verdict: record.Miss, Detail: &why, Remedy: &remedy}
		if r.Build.Verdict == record.Skip || r.Build.Verdict == record.Pass {
			end = record.SpecEnd{Verdict: record.Skip, Detail: r.Build.Detail}
		}
		for _, s := range p.specs(r.Package)[2:] {
			verdicts[s.ID] = end
		}
	}
	return verdicts
}

// findings returns the findings of the build: packages that do not build.
func findings(b *built) map[string]record.Finding {
	all := map[string]record.Finding{}
	for _, r := range b.results {
		if r.Build.Verdict != record.Fail {
			continue
		}
		f := buildFinding(r)
		all[f.ID] = f
	}
	return all
}

// buildFinding returns the finding behind a build that fails.
func buildFinding(r *compile.Result) record.Finding {
	f := record.Finding{ID: image.Spec(r.Package.ImportPath, buildSpec), Subject: r.Package.ImportPath, Severity: record.Medium,
		Cause: record.CauseBuild, Evidence: r.Build.Detail.En}
	if r.Failed != nil && r.Failed.Module != "" {
		f.Subject, f.Version = r.Failed.Module, r.Failed.Version
	}
	return f
}

// vetted returns the verdicts of go vet.
func (p *Product) vetted(ctx context.Context, b *built) (map[string]record.SpecEnd, error) {
	byPath, err := compile.Vet(ctx, b.options, b.results)
	if err != nil {
		return nil, err
	}
	verdicts := map[string]record.SpecEnd{}
	for path, end := range byPath {
		verdicts[image.Spec(path, vetSpec)] = end
	}
	return verdicts, nil
}

// digest returns a short digest of a text.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}
