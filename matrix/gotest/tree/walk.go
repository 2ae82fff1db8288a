package tree

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// versionControl are directories of version control systems.
var versionControl = []string{".git", ".hg", ".svn", ".bzr", ".jj", "CVS"}

// walk adds all files below the root that are safe to carry.
func (t *Tree) walk(without []string) error {
	return filepath.WalkDir(t.Root, func(path string, entry fs.DirEntry, err error) error {
		relative, errRelative := filepath.Rel(t.Root, path)
		if errRelative != nil {
			return errRelative
		}
		name := filepath.ToSlash(relative)
		switch {
		case errors.Is(err, fs.ErrPermission):
			t.leave(name, record.Say("it cannot be read", "无法读取"))
			return nil
		case err != nil:
			return err
		case entry.IsDir():
			if relative != "." && (slices.Contains(versionControl, entry.Name()) || slices.Contains(without, path)) {
				return filepath.SkipDir
			}
			return nil
		}
		if why, unsafe := secret(path, entry); unsafe {
			t.leave(name, why)
			return nil
		}
		return t.add(name)
	})
}

// secret reports whether a file may hold what is nobody else's to see, by its name or its first bytes.
func secret(path string, entry fs.DirEntry) (record.Sentence, bool) {
	if strings.HasPrefix(entry.Name(), ".env") {
		return record.Say("environment files may hold passwords", "环境变量文件可能含有口令"), true
	}
	if !entry.Type().IsRegular() {
		return record.Sentence{}, false
	}
	f, err := os.Open(path)
	if err != nil {
		return record.Say("it cannot be read", "无法读取"), true
	}
	defer f.Close()
	head := make([]byte, headSize)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return record.Say("it cannot be read", "无法读取"), true
	}
	if hasPrivateKey(head[:n]) && !strings.HasSuffix(entry.Name(), ".go") {
		return record.Say("it holds a private key", "含有私钥"), true
	}
	return record.Sentence{}, false
}

// headSize is how many bytes of a file are looked at for a private key.
const headSize = 64 << 10

// hasPrivateKey reports whether a text has a PEM header of a private key: PRIVATE KEY, RSA PRIVATE KEY and others.
func hasPrivateKey(text []byte) bool {
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if bytes.HasPrefix(line, []byte("-----BEGIN ")) && bytes.HasSuffix(line, []byte("PRIVATE KEY-----")) ||
			bytes.HasPrefix(line, []byte("-----BEGIN PGP PRIVATE KEY BLOCK")) {
			return true
		}
	}
	return false
}

// Within selects files below some directories of a root, such as a standard library's; directories that are not there are
// passed over.
func Within(root string, dirs []string) (*Tree, error) {
	t := &Tree{Root: root}
	for _, dir := range dirs {
		if _, err := os.Stat(dir); err != nil {
			continue
		}
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			relative, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			return t.add(filepath.ToSlash(relative))
		})
		if err != nil {
			return nil, err
		}
	}
	return t, nil
}
