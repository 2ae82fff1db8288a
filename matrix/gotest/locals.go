package gotest

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/mod/modfile"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/list"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/stamp"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/tree"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// replaced is a directory that stands for a module, and how a file names it.
type replaced struct{ module, path, dir string }

// locals returns the directories that go.mod and go.work put in place of modules, with a digest of each, and the go.work. commit
// is the module's; nil where it has none. The second result is the directories that lie in the module's repository.
func (p *Product) locals(module *list.Module, commit *stamp.Commit) ([]store.Local, []string, error) {
	all, err := replacements(filepath.Join(module.Dir, "go.mod"))
	if err != nil {
		return nil, nil, err
	}
	var out []store.Local
	var inside []string
	if work := p.goEnv.GOWORK; work != "" && work != "off" {
		used, err := workspace(work, module)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, used...)
		digest, err := fileDigest(work)
		if err != nil {
			return nil, nil, err
		}
		shown := filepath.Base(work)
		if relative, err := filepath.Rel(module.Dir, work); err == nil {
			shown = filepath.ToSlash(relative)
		}
		l := store.Local{Module: "go.work", Path: shown, Digest: "sm3:" + digest}
		if commit != nil {
			differs, err := commit.Differing([]string{work}, nil)
			if err != nil {
				return nil, nil, err
			}
			l.Committed = len(differs) == 0
		}
		out = append(out, l)
	}
	for _, r := range all {
		digest, err := dirDigest(r.dir)
		if err != nil {
			return nil, nil, err
		}
		l := store.Local{Module: r.module, Path: r.path, Digest: digest, Committed: commit != nil && commit.Holds(filepath.Join(r.dir, "go.mod"))}
		if l.Committed {
			inside = append(inside, r.dir)
		}
		if !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(a, b store.Local) int {
		return cmp.Or(cmp.Compare(a.Module, b.Module), cmp.Compare(a.Path, b.Path))
	})
	return out, inside, nil
}

// replacements returns the directories that a go.mod puts in place of modules.
func replacements(file string) ([]replaced, error) {
	text, err := regular.Read(file, maxSums)
	if errors.Is(err, fs.ErrNotExist) { // the standard library as the product, or a module that is being taken away
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f, err := modfile.Parse(file, text, nil)
	if err != nil {
		return nil, record.Wrongf(file, "its replacements cannot be read: %v", "无法读取其 replace 指令：%v", err)
	}
	return directories(filepath.Dir(file), f.Replace), nil
}

// directories returns those of the replacements that are directories; dir is that of the file with them.
func directories(dir string, list []*modfile.Replace) []replaced {
	var all []replaced
	for _, r := range list {
		if r.New.Version == "" {
			all = append(all, replaced{r.Old.Path, r.New.Path, directory(dir, r.New.Path)})
		}
	}
	return all
}

// workspace returns the directories that a go.work uses beside the module, and those that it and they put in place of modules.
func workspace(file string, module *list.Module) ([]replaced, error) {
	text, err := regular.Read(file, maxSums)
	if err != nil {
		return nil, err
	}
	f, err := modfile.ParseWork(file, text, nil)
	if err != nil {
		return nil, record.Wrongf(file, "its directories cannot be read: %v", "无法读取其目录：%v", err)
	}
	home := filepath.Dir(file)
	all := directories(home, f.Replace)
	for _, u := range f.Use {
		dir := directory(home, u.Path)
		if dir == module.Dir {
			continue
		}
		mod := filepath.Join(dir, "go.mod")
		more, err := replacements(mod)
		if err != nil {
			return nil, err
		}
		text, err := regular.Read(mod, maxSums)
		if err != nil {
			return nil, err
		}
		all = append(append(all, replaced{cmp.Or(modfile.ModulePath(text), u.Path), u.Path, dir}), more...)
	}
	return all, nil
}

// directory returns a path that a file in the directory dir names.
func directory(dir, path string) string {
	if path = filepath.FromSlash(path); filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// dirDigest returns the digest of all files in a directory but version control's, "" for one that is not there.
func dirDigest(dir string) (string, error) {
	real, err := filepath.EvalSymlinks(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var files tree.Files
	err = filepath.WalkDir(real, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.Name() == ".git" && path != real {
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		info, err := e.Info()
		if err != nil || e.IsDir() {
			return err
		}
		relative, err := filepath.Rel(real, path)
		if err != nil {
			return err
		}
		f := tree.File{Path: filepath.ToSlash(relative), From: path, Mode: info.Mode(), Size: info.Size()}
		switch {
		case f.Mode&fs.ModeSymlink != 0:
			f.Size = 0
			if f.Link, err = os.Readlink(path); err != nil {
				return err
			}
		case !f.Mode.IsRegular():
			return nil
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		return "", err
	}
	if err := tree.TooLarge(dir, files, tree.Limit); err != nil {
		return "", err
	}
	return treeDigest(files)
}
