package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/temporary"
)

// architectures are those that files can be made for.
var architectures = []string{"amd64", "arm64", "loong64"}

// run makes the directory: whole, or not at all.
func run(ctx context.Context, o options) error {
	arches := strings.Split(o.arches, ",")
	for _, a := range arches {
		if !slices.Contains(architectures, a) {
			return record.Wrongf("-arch", "%q is none of %s", "%q 不是 %s 之一", a, strings.Join(architectures, ", "))
		}
	}
	if _, err := os.Lstat(o.out); !errors.Is(err, fs.ErrNotExist) {
		return record.Wrongf(o.out, "it is there already: remove it, or name another -out", "已存在：请移除或用 -out 指定其他目录")
	}
	signer, err := openSigner(o)
	if err != nil {
		return err
	}
	out, err := filepath.Abs(o.out)
	if err != nil {
		return err
	}
	tmp, err := temporary.Dir(filepath.Dir(out), ".dist-*")
	if err != nil {
		return err
	}
	defer temporary.Remove(tmp)
	for _, arch := range arches {
		program, err := buildProgram(ctx, o.source, arch)
		if err != nil {
			return err
		}
		if err := writeArch(ctx, tmp, o.source, program); err != nil {
			return err
		}
	}
	if err := writeSums(ctx, tmp, signer); err != nil {
		return err
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	return os.Rename(tmp, out)
}

// writeArch writes all files of one architecture into dir.
func writeArch(ctx context.Context, dir, source string, p program) error {
	modules, err := modulesOf(ctx, source, p)
	if err != nil {
		return err
	}
	bom, err := materials(p, modules)
	if err != nil {
		return err
	}
	tree, err := contents(source, p, modules, bom)
	if err != nil {
		return err
	}
	base := filepath.Join(dir, "xcmatrix-"+p.version+"-linux-"+p.arch)
	raw, err := os.ReadFile(p.path)
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(base, raw, 0o755), os.WriteFile(base+".cdx.json", bom, 0o644),
		writeTar(base+".tar.gz", tree, p), writePackages(dir, tree, modules, p))
}
