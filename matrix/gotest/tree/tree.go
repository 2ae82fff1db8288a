// Package tree selects the files of a module that its tests are given: a test may read anything beside its package
// (golang/go#37088), and must never be given a key or a password that happens to lie there.
package tree

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Limit is how many bytes a tree may have.
const Limit = 256 << 20

// File is one file of a tree.
type File struct {
	Path string      // relative to the root, with slashes
	From string      // where it lies here
	Mode fs.FileMode // regular with its permissions, or a symbolic link
	Size int64
	Link string // where a symbolic link leads
}

// Left is a file that is not carried, and why.
type Left struct {
	Path string
	Why  record.Sentence
}

// Tree is what is carried of a directory, in the order of the paths.
type Tree struct {
	Root string
	Files
	Left    []Left
	Tracked bool // by git: Files is what git tracks
}

// Files of a tree.
type Files []File

// Size returns how many bytes the files have.
func (f Files) Size() (size int64) {
	for _, file := range f {
		size += file.Size
	}
	return size
}

// Of selects the files below root: those that git tracks where root is in a repository that tracks its go.mod, else all
// but what safe leaves out. The directories in without are left out in any case.
func Of(ctx context.Context, root string, without ...string) (*Tree, error) {
	t := &Tree{Root: root}
	tracked, err := tracked(ctx, root)
	if err != nil {
		return nil, err
	}
	if tracked != nil {
		t.Tracked = true
		for _, path := range tracked {
			if err := t.add(path); err != nil {
				return nil, err
			}
		}
	} else if err := t.walk(without); err != nil {
		return nil, err
	}
	slices.SortFunc(t.Files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return t, nil
}

// add adds a file, unless it is gone, a directory, or neither a regular file nor a link within the tree.
func (t *Tree) add(path string) error {
	from := filepath.Join(t.Root, filepath.FromSlash(path))
	info, err := os.Lstat(from)
	if os.IsNotExist(err) {
		return nil // tracked, and deleted
	}
	if err != nil {
		return err
	}
	f := File{Path: path, From: from, Mode: info.Mode(), Size: info.Size()}
	switch {
	case info.Mode().IsRegular():
	case info.Mode()&fs.ModeSymlink != 0:
		if f.Link, err = os.Readlink(from); err != nil {
			return err
		}
		if !within(path, f.Link) {
			t.leave(path, record.Say("a symbolic link that leads out of the tree", "指向目录树之外的符号链接"))
			return nil
		}
		f.Size = 0
	case info.IsDir():
		return nil // a submodule
	default:
		t.leave(path, record.Say("not a regular file", "不是普通文件"))
		return nil
	}
	t.Files = append(t.Files, f)
	return nil
}

func (t *Tree) leave(path string, why record.Sentence) { t.Left = append(t.Left, Left{path, why}) }

// within reports whether a link at path leads to somewhere in the tree.
func within(path, link string) bool {
	return !filepath.IsAbs(link) && filepath.IsLocal(filepath.Join(filepath.Dir(filepath.FromSlash(path)), link))
}

// TooLarge refuses files that are more than limit bytes, and names the ten largest.
func TooLarge(root string, files Files, limit int64) error {
	size := files.Size()
	if size <= limit {
		return nil
	}
	largest := slices.Clone(files)
	slices.SortFunc(largest, func(a, b File) int { return cmp.Compare(b.Size, a.Size) })
	var names []string
	for _, f := range largest[:min(len(largest), 10)] {
		names = append(names, fmt.Sprintf("%s (%d MiB)", f.Path, f.Size>>20))
	}
	return record.Wrongf(root, "the files that tests would be given are %d MiB, more than %d: leave large ones out by git (`git rm --cached`), or move them out of the module; the largest: %s",
		"测试所需文件共 %d MiB，超过 %d：请让 git 不再跟踪大文件（`git rm --cached`），或移出模块；最大的文件：%s", size>>20, limit>>20, strings.Join(names, ", "))
}
