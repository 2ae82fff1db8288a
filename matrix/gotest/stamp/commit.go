package stamp

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // what git names its blobs by
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

// Commit is the files of a revision. What git says of a working tree can be switched off for single files (assume-unchanged,
// skip-worktree, .git/info/exclude, filters): here contents are compared instead.
type Commit struct {
	top   string          // directory of the repository, without symbolic links
	blobs map[string]blob // by path below top, with slashes
}

// blob is one entry of a commit.
type blob struct{ mode, id string }

const (
	modeLink      = "120000"
	modeProgram   = "100755"
	modeSubmodule = "160000"
)

// maxBlob bounds a file that is compared, in bytes.
const maxBlob = 1 << 30

// ReadCommit reads which files a revision has in the repository of the directory dir.
func ReadCommit(ctx context.Context, dir, revision string) (*Commit, error) {
	top, err := git(ctx, dir, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	c := &Commit{blobs: map[string]blob{}}
	if c.top, err = filepath.EvalSymlinks(strings.TrimSuffix(string(top), "\n")); err != nil {
		return nil, err
	}
	list, err := git(ctx, dir, "ls-tree", "-r", "-z", "--full-tree", revision)
	if err != nil {
		return nil, err
	}
	for entry := range bytes.SplitSeq(list, []byte{0}) {
		about, path, ok := strings.Cut(string(entry), "\t")
		if fields := strings.Fields(about); ok && len(fields) == 3 {
			c.blobs[path] = blob{mode: fields[0], id: fields[2]}
		}
	}
	return c, nil
}

// git runs git on objects as they are, without replacements of them.
func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.Env = dir, append(environ.Own(), "GIT_OPTIONAL_LOCKS=0", "GIT_NO_REPLACE_OBJECTS=1")
	out, err := cmd.Output()
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return out, err
}

// Holds reports whether a directory or file lies in the repository's directory.
func (c *Commit) Holds(path string) bool {
	_, ok := c.relative(path)
	return ok
}

// relative returns a path below the repository's directory, with slashes. Symbolic links are followed up to the last element.
func (c *Commit) relative(path string) (string, bool) {
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return "", false
	}
	relative, err := filepath.Rel(c.top, filepath.Join(dir, filepath.Base(path)))
	if err != nil || !filepath.IsLocal(relative) {
		return "", false
	}
	return filepath.ToSlash(relative), true
}

// Differing returns the paths below the repository's directory, sorted, that are not as committed: of the files given, and of all
// that the commit has below the directories.
func (c *Commit) Differing(files, dirs []string) ([]string, error) {
	all := map[string]string{}
	for _, f := range files {
		if name, ok := c.relative(f); ok {
			all[name] = f
		} else {
			all[filepath.ToSlash(f)] = f
		}
	}
	for _, dir := range dirs {
		dir, err := filepath.EvalSymlinks(dir)
		if err != nil {
			return nil, err
		}
		for name, b := range c.blobs {
			path := filepath.Join(c.top, filepath.FromSlash(name))
			if relative, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(relative) && b.mode != modeSubmodule {
				all[name] = path
			}
		}
	}
	var differing []string
	for name, path := range all {
		same, err := c.same(name, path, 0)
		if err != nil {
			return nil, err
		}
		if !same {
			differing = append(differing, name)
		}
	}
	slices.Sort(differing)
	return differing, nil
}

// maxLinks bounds how many symbolic links lead to a file.
const maxLinks = 8

// same reports whether a file is there as committed: its content, whether it is a link and whether it is a program. What a link
// leads to has to be committed too.
func (c *Commit) same(name, path string, links int) (bool, error) {
	b, ok := c.blobs[name]
	info, err := os.Lstat(path)
	if !ok || err != nil || links > maxLinks {
		return false, nil
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		to, err := os.Readlink(path)
		if err != nil || b.mode != modeLink || c.id(b, int64(len(to)), strings.NewReader(to)) != b.id {
			return false, nil
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		if led, err := os.Stat(to); err != nil || led.IsDir() {
			return true, nil // it leads nowhere, or to a directory, which the go command does not follow
		}
		next, ok := c.relative(to)
		if !ok {
			return false, nil
		}
		return c.same(next, to, links+1)
	case !info.Mode().IsRegular(), b.mode == modeLink, (b.mode == modeProgram) != (info.Mode()&0o100 != 0):
		return false, nil
	}
	in, err := regular.Open(path, maxBlob)
	if err != nil {
		return false, err
	}
	defer in.Close()
	return c.id(b, info.Size(), in) == b.id, nil
}

// id returns git's name for a content, by the hash that the names of the commit have; "" where it cannot be read.
func (c *Commit) id(b blob, size int64, content io.Reader) string {
	var sum hash.Hash = sha1.New() //nolint:gosec // see above
	if len(b.id) == 2*sha256.Size {
		sum = sha256.New()
	}
	fmt.Fprintf(sum, "blob %d\x00", size)
	if _, err := io.Copy(sum, content); err != nil {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil))
}
