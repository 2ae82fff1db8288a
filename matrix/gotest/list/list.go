// Package list tells which Go packages and tests there are for a platform, without building or running anything.
// Running a test binary to ask it (-test.list) is wrong where TestMain prints or ends the process.
package list

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Package is one package as the go command and the parser see it for a platform.
type Package struct {
	ImportPath string
	Dir        string
	Name       string
	Standard   bool
	Module     *Module
	Match      []string // the patterns that named it

	GoFiles, CgoFiles         []string
	TestGoFiles, XTestGoFiles []string
	IgnoredGoFiles            []string
	Error                     *struct{ Err string }

	Funcs    []Func `json:"-"`
	TestMain bool   `json:"-"`
	Wrong    string `json:"-"` // why a test file could not be read; "" if all could
}

// Module is the module that a package belongs to.
type Module struct {
	Path, Version, Dir string
	Main               bool
	GoVersion          string
}

// Kind of a function that the testing package runs.
type Kind string

const (
	Test      Kind = "test"
	Example   Kind = "example"
	Fuzz      Kind = "fuzz" // its seeds run as a test
	Benchmark Kind = "benchmark"
)

// Func is one test, example, fuzz target or benchmark.
type Func struct {
	Name string
	Kind Kind
}

// Excluded reports whether build constraints leave nothing of the package for the platform.
func (p *Package) Excluded() bool {
	return p.Error != nil && strings.Contains(p.Error.Err, "build constraints exclude all Go files")
}

// Without returns the package on a platform where build constraints leave nothing of it.
func (p *Package) Without() *Package {
	return &Package{ImportPath: p.ImportPath, Dir: p.Dir, Name: p.Name, Standard: p.Standard, Module: p.Module, Match: p.Match,
		Error: &struct{ Err string }{"build constraints exclude all Go files in " + p.Dir}}
}

// HasTests reports whether the package has test files for the platform.
func (p *Package) HasTests() bool { return len(p.TestGoFiles)+len(p.XTestGoFiles) > 0 }

// Query is what to list.
type Query struct {
	Dir      string   // where the patterns are meant
	Env      []string // of the go command; decides the platform
	Tags     string   // comma-separated
	Flags    []string // of the go command, beside the tags: -modfile=…
	Patterns []string
}

const fields = "ImportPath,Dir,Name,Standard,Module,Match,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,IgnoredGoFiles,Error"

// Packages lists the packages that the patterns name. An error is a *record.Problem with the go command's own words.
func Packages(ctx context.Context, q Query) ([]*Package, error) {
	args := append([]string{"list", "-e", "-find", "-json=" + fields}, q.Flags...)
	if q.Tags != "" {
		args = append(args, "-tags="+q.Tags)
	}
	cmd := exec.CommandContext(ctx, "go", append(append(args, "--"), q.Patterns...)...)
	cmd.Dir, cmd.Env = q.Dir, q.Env
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, refused(said.String(), err)
	}
	all, err := decode(out)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if p.Error != nil && p.Dir == "" {
			return nil, refused(p.Error.Err, nil)
		}
	}
	if len(all) == 0 {
		return nil, record.Wrongf("", "no package matches %s: name one, or ./...", "没有与 %s 匹配的包：请指定包，或使用 ./...", strings.Join(q.Patterns, " "))
	}
	parseAll(all)
	return all, nil
}

// decode parses the output of `go list -json`.
func decode(out []byte) ([]*Package, error) {
	var all []*Package
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		p := &Package{}
		err := d.Decode(p)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, record.Wrongf("go list", "its answer cannot be read: %v", "无法解析其输出：%v", err)
		}
		all = append(all, p)
	}
}

// parseAll reads the test files of all packages, several at a time.
func parseAll(all []*Package) {
	queue := make(chan *Package)
	var workers sync.WaitGroup
	for range runtime.NumCPU() {
		workers.Go(func() {
			for p := range queue {
				p.parse()
			}
		})
	}
	for _, p := range all {
		queue <- p
	}
	close(queue)
	workers.Wait()
}
