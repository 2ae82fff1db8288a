package compile

import (
	"context"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/list"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// crossCompilers are C compilers of Linux distributions, and the packages that have them.
var crossCompilers = map[string]struct{ command, debian string }{
	"amd64":   {"x86_64-linux-gnu-gcc", "gcc-x86-64-linux-gnu"},
	"arm64":   {"aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu"},
	"loong64": {"loongarch64-linux-gnu-gcc", "gcc-loongarch64-linux-gnu"},
}

// NeedsCgo reports whether files of the package were left out because they import "C".
func NeedsCgo(p *list.Package) bool {
	for _, name := range p.IgnoredGoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ImportsOnly)
		if err != nil {
			continue
		}
		for _, i := range f.Imports {
			if i.Path.Value == `"C"` {
				return true
			}
		}
	}
	return false
}

// withCgo builds a package with a C compiler: this machine's own, or one for the platform.
func (o Options) withCgo(ctx context.Context, r *Result, out, said string) error {
	compiler, ok := o.compiler()
	if !ok {
		r.Build = MissingCgo(o.GOARCH, said)
		return nil
	}
	env := []string{"CGO_ENABLED=1", "CC=" + compiler}
	args := []string{"test", "-c", "-vet=off"}
	if !o.Native { // the target has no C library
		args = append(args, "-ldflags=-linkmode=external -extldflags=-static -s -w")
	}
	said, err := o.command(ctx, env, append(args, "-o", out, r.Package.ImportPath)...)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r.Cgo = err == nil
	if err != nil {
		r.fail(o, said)
	}
	return nil
}

// compiler returns a C compiler for the platform.
func (o Options) compiler() (string, bool) {
	names := []string{crossCompilers[o.GOARCH].command}
	if o.Native {
		names = []string{os.Getenv("CC"), "gcc", "cc", "clang"}
	}
	for _, name := range names {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path, true
		}
	}
	return "", false
}

// MissingCgo returns the verdict on a package that needs a C compiler, when none is installed.
func MissingCgo(goarch, said string) record.SpecEnd {
	why := record.Sayf("the package needs cgo, and no C compiler for %s is here", "该包需要 cgo，而这里没有面向 %s 的 C 编译器", goarch)
	cross := crossCompilers[goarch]
	remedy := record.Sayf("install %s (Debian: apt-get install %s)", "请安装 %s（Debian：apt-get install %s）", cross.command, cross.debian)
	return record.SpecEnd{Verdict: record.Miss, Detail: &why, Remedy: &remedy, Stack: said}
}
