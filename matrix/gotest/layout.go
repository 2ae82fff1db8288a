package gotest

import (
	"context"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/list"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/tree"
)

// root is a directory whose files are carried, and where they stand in the tree.
type root struct {
	dir, at string
	within  []string // of a standard library: only these directories
}

// roots returns the roots of the packages' modules. Main modules keep their relative positions.
func roots(packages []*list.Package) []root {
	var all []root
	common := commonDir(packages)
	for _, p := range packages {
		r := rootOf(p, common)
		i := slices.IndexFunc(all, func(o root) bool { return o.dir == r.dir })
		if i < 0 {
			all = append(all, r)
			i = len(all) - 1
		}
		if p.Standard {
			all[i].within = append(all[i].within, standardDirs(r.dir, p.Dir)...)
		}
	}
	return all
}

func rootOf(p *list.Package, common string) root {
	switch {
	case p.Standard:
		return root{dir: strings.TrimSuffix(p.Dir, string(filepath.Separator)+filepath.FromSlash(p.ImportPath)), at: "std"}
	case p.Module == nil:
		return root{dir: p.Dir, at: path.Join("dir", p.ImportPath)}
	case !p.Module.Main:
		return root{dir: p.Module.Dir, at: path.Join("mod", p.Module.Path+"@"+p.Module.Version)}
	}
	relative, err := filepath.Rel(common, p.Module.Dir)
	if err != nil || !filepath.IsLocal(relative) {
		return root{dir: p.Module.Dir, at: path.Join("main", p.Module.Path)}
	}
	return root{dir: p.Module.Dir, at: path.Join("main", filepath.Base(common), filepath.ToSlash(relative))}
}

// commonDir returns the directory that holds all main modules.
func commonDir(packages []*list.Package) string {
	common := ""
	for _, p := range packages {
		if p.Module == nil || !p.Module.Main {
			continue
		}
		if common == "" {
			common = p.Module.Dir
		}
		for !holds(common, p.Module.Dir) {
			common = filepath.Dir(common)
		}
	}
	return common
}

func holds(dir, below string) bool {
	relative, err := filepath.Rel(dir, below)
	return err == nil && filepath.IsLocal(relative)
}

// standardDirs returns the directory of a standard package, and the testdata directories of those above it.
func standardDirs(src, dir string) []string {
	dirs := []string{dir}
	for at := filepath.Dir(dir); holds(src, at); at = filepath.Dir(at) {
		dirs = append(dirs, filepath.Join(at, "testdata"))
	}
	return dirs
}

// place returns the path of a package's directory in the tree.
func place(p *list.Package, roots []root) string {
	for _, r := range roots {
		if relative, err := filepath.Rel(r.dir, p.Dir); err == nil && filepath.IsLocal(relative) {
			return path.Join(r.at, filepath.ToSlash(relative))
		}
	}
	return path.Join("dir", p.ImportPath)
}

// carried returns the files of the packages' modules that are sent to targets, and those that are left out.
func (p *Product) carried(ctx context.Context, roots []root) (tree.Files, []tree.Left, error) {
	var files tree.Files
	var left []tree.Left
	for _, r := range roots {
		t, err := tree.Of(ctx, r.dir, append(p.nested(r, roots), p.Without...)...)
		if r.within != nil {
			t, err = tree.Within(r.dir, r.within)
		}
		if err != nil {
			return nil, nil, err
		}
		for _, f := range t.Files {
			f.Path = path.Join(r.at, f.Path)
			files = append(files, f)
		}
		for _, l := range t.Left {
			l.Path = path.Join(r.at, l.Path)
			left = append(left, l)
		}
	}
	slices.SortFunc(files, func(a, b tree.File) int { return strings.Compare(a.Path, b.Path) })
	files = slices.CompactFunc(files, func(a, b tree.File) bool { return a.Path == b.Path })
	return files, left, tree.TooLarge(p.Dir, files, tree.Limit)
}

// nested returns the roots below another root: each has its own tree.
func (p *Product) nested(r root, roots []root) []string {
	var dirs []string
	for _, o := range roots {
		if o.dir != r.dir && holds(r.dir, o.dir) {
			dirs = append(dirs, o.dir)
		}
	}
	return dirs
}

// Tree returns the files of the modules that are sent to targets on this machine's platform, and those that are left out.
func (p *Product) Tree(ctx context.Context) (tree.Files, []tree.Left, error) {
	packages, err := p.list(ctx, build.Key{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH})
	if err != nil {
		return nil, nil, err
	}
	return p.carried(ctx, roots(packages))
}
