// Package compile builds the test binaries of a product's packages for a platform, and says of each package whether it
// builds, and if not whose fault that is.
package compile

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/list"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Options of a build.
type Options struct {
	Dir    string   // where the go command works: in the user's module
	Env    []string // of the go command; decides the platform
	Flags  []string // of `go build` and `go test -c`: -tags=…, -race, -cover
	GOARCH string
	Native bool   // the platform is this machine's
	Out    string // directory of the test binaries; what is up to date there is left alone
}

// Result is the result of building one package.
type Result struct {
	Package *list.Package
	Binary  string         // the test binary; "" if there is none
	Build   record.SpecEnd // the verdict on the package's build
	Failed  *Failure       // where it does not build
	Cgo     bool           // it was built with a C compiler
}

// Packages builds all packages. An error means that the go command itself could not work.
func Packages(ctx context.Context, o Options, all []*list.Package) ([]*Result, error) {
	if err := os.MkdirAll(o.Out, 0o755); err != nil {
		return nil, err
	}
	var results []*Result
	var testing, plain []*Result
	for _, p := range all {
		r := &Result{Package: p, Build: record.SpecEnd{Verdict: record.Pass}}
		results = append(results, r)
		switch {
		case p.Excluded():
			r.exclude()
		case p.HasTests():
			testing = append(testing, r)
		default:
			plain = append(plain, r)
		}
	}
	for _, group := range apart(testing) {
		if err := o.tests(ctx, group); err != nil {
			return nil, err
		}
	}
	return results, o.libraries(ctx, plain)
}

func (r *Result) exclude() {
	why := record.Say("build constraints exclude all of the package's files on this platform", "构建约束在该平台上排除了该包的全部文件")
	r.Build = record.SpecEnd{Verdict: record.Skip, Detail: &why}
}

// apart groups packages so that no two of a group would give their binaries the same name.
func apart(all []*Result) (groups [][]*Result) {
	for _, r := range all {
		name := binaryName(r.Package.ImportPath)
		i := slices.IndexFunc(groups, func(g []*Result) bool {
			return len(g) < maxGroup && !slices.ContainsFunc(g, func(o *Result) bool { return binaryName(o.Package.ImportPath) == name })
		})
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], r)
	}
	return groups
}

// maxGroup bounds the packages of one go command: their paths are its arguments.
const maxGroup = 500

var majorPattern = pattern.Of(`^v[0-9]+$`)

// binaryName returns the name that the go command gives a package's test binary.
func binaryName(importPath string) string {
	base := path.Base(importPath)
	if dir := path.Dir(importPath); majorPattern().MatchString(base) && dir != "." {
		base = path.Base(dir)
	}
	return base + ".test"
}

// tests builds the test binaries of a group of packages in one go.
func (o Options) tests(ctx context.Context, group []*Result) error {
	dir, err := os.MkdirTemp(o.Out, "group-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var paths []string
	for _, r := range group { // what was linked before is found up to date, or replaced
		paths = append(paths, r.Package.ImportPath)
		_ = os.Link(o.binary(r), filepath.Join(dir, binaryName(r.Package.ImportPath)))
	}
	said, err := o.command(ctx, nil, append([]string{"test", "-c", "-vet=off", "-json", "-o", dir + "/"}, paths...)...)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	doubtful := err != nil
	broken, known := brokenPackages(said)
	for _, r := range group {
		built := filepath.Join(dir, binaryName(r.Package.ImportPath))
		if _, errStat := os.Stat(built); errStat != nil || doubtful && (!known || broken[r.Package.ImportPath]) {
			os.Remove(built)
			if err := o.one(ctx, r, built); err != nil {
				return err
			}
		}
		if r.Failed == nil && r.Build.Verdict == record.Pass {
			r.Binary = o.binary(r)
			if err := os.Rename(built, r.Binary); err != nil {
				return err
			}
		}
	}
	return nil
}

// binary returns the path of a package's test binary.
func (o Options) binary(r *Result) string {
	return filepath.Join(o.Out, strings.NewReplacer("/", "+", "\\", "+").Replace(r.Package.ImportPath)+".test")
}

// one builds the test binary of one package, and judges it where that fails.
func (o Options) one(ctx context.Context, r *Result, out string) error {
	said, err := o.command(ctx, nil, "test", "-c", "-vet=off", "-o", out, r.Package.ImportPath)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err == nil {
		if _, err := os.Stat(out); err == nil {
			return nil
		}
		why := record.Say("the package has no tests on this platform", "该包在此平台上没有测试")
		r.Build = record.SpecEnd{Verdict: record.Skip, Detail: &why}
		return nil
	}
	if NeedsCgo(r.Package) {
		return o.withCgo(ctx, r, out, said)
	}
	r.fail(o, said)
	return nil
}

// libraries builds the packages that have no tests.
func (o Options) libraries(ctx context.Context, plain []*Result) error {
	for group := range slices.Chunk(plain, maxGroup) {
		var paths []string
		for _, r := range group {
			paths = append(paths, r.Package.ImportPath)
		}
		if _, err := o.command(ctx, nil, append([]string{"build", "-o", os.DevNull}, paths...)...); err == nil {
			continue
		}
		for _, r := range group {
			said, err := o.command(ctx, nil, "build", "-o", os.DevNull, r.Package.ImportPath)
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			switch {
			case err == nil:
			case NeedsCgo(r.Package):
				r.Build = MissingCgo(o.GOARCH, said)
			default:
				r.fail(o, said)
			}
		}
	}
	return nil
}

// command runs the go command with the build's flags behind its verb, and returns what it said.
func (o Options) command(ctx context.Context, env []string, args ...string) (string, error) {
	verb, rest := args[0], args[1:]
	cmd := exec.CommandContext(ctx, "go", slices.Concat([]string{verb}, o.Flags, rest)...)
	cmd.Dir, cmd.Env = o.Dir, append(slices.Clone(o.Env), env...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	return said.String(), err
}

// brokenPackages returns those that a go command with -json says it could not build; known is false where something else
// that several of them may need was not built.
func brokenPackages(said string) (broken map[string]bool, known bool) {
	broken = map[string]bool{}
	for line := range strings.Lines(said) {
		var e struct{ ImportPath, Action, Package string }
		if json.Unmarshal([]byte(line), &e) != nil {
			return broken, false
		}
		if e.Action != "build-fail" {
			continue
		}
		_, variant, isVariant := strings.Cut(e.ImportPath, " [")
		tested, ok := strings.CutSuffix(strings.TrimSuffix(variant, "]"), ".test")
		if !isVariant || !ok {
			return broken, false
		}
		broken[tested] = true
	}
	return broken, true
}
