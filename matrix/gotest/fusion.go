package gotest

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/compile"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/image"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/list"
)

// fusing are the architectures on which Go's compiler makes one instruction of a multiplication and an addition.
var fusing = []string{"arm64", "loong64", "ppc64", "ppc64le", "riscv64", "s390x"}

// Fuses reports whether the compiler fuses multiplications and additions for a platform.
func Fuses(key build.Key) bool { return slices.Contains(fusing, key.GOARCH) }

// maxUnfused bounds the packages that are built again.
const maxUnfused = 5

// WithoutFusion builds the packages of some specs again without fused multiplications and additions, in all packages of their
// modules. ok is false where they are too many, or do not build so.
func (p *Product) WithoutFusion(ctx context.Context, key build.Key, where Where, specs []string) (payload build.Payload, ok bool, err error) {
	if p.prebuilt != nil {
		return payload, false, nil
	}
	b := p.build(ctx, key)
	if b.err != nil {
		return payload, false, b.err
	}
	var packages []*list.Package
	for _, r := range b.results {
		if slices.ContainsFunc(specs, func(id string) bool { return ofPackage(id, r.Package.ImportPath) }) && r.Binary != "" {
			packages = append(packages, r.Package)
		}
	}
	if len(packages) == 0 || len(packages) > maxUnfused {
		return payload, false, nil
	}
	o := b.options
	o.Out = filepath.Join(o.Out, "unfused")
	o.Flags = append(slices.Clone(o.Flags), "-gcflags="+unfusedPattern(packages[0])+"=-d=fmahash=n")
	results, err := compile.Packages(ctx, o, packages)
	if err != nil {
		return payload, false, err
	}
	again := &built{contents: b.contents, files: b.files, binaries: map[string]string{}}
	again.contents.Packages = nil
	for _, r := range results {
		i := slices.IndexFunc(b.contents.Packages, func(c image.Package) bool { return c.Path == r.Package.ImportPath })
		if r.Binary == "" || i < 0 {
			return payload, false, nil
		}
		again.contents.Packages = append(again.contents.Packages, b.contents.Packages[i])
		again.binaries[b.contents.Packages[i].Binary] = r.Binary
	}
	program, err := p.program(ctx, key, where)
	if err != nil {
		return payload, false, err
	}
	payload, err = p.assemble(again, program)
	payload.Here = where == Here
	return payload, err == nil, err
}

// unfusedPattern names all packages of a package's module, or of the standard library.
func unfusedPattern(p *list.Package) string {
	if p.Module != nil {
		return p.Module.Path + "/..."
	}
	return p.ImportPath
}

// ofPackage reports whether a spec is about something of a package.
func ofPackage(spec, importPath string) bool {
	rest, ok := strings.CutPrefix(spec, image.Spec(importPath, ""))
	return ok && !strings.Contains(rest, "/")
}
