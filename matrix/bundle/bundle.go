// Package bundle writes a bundle for a lab machine without Go and network: a program for each architecture, a script that chooses
// and runs one, vectors, checksums, and instructions. The same contents always give the same bytes.
package bundle

import (
	"archive/tar"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/emmansun/gmsm/sm3"
	"github.com/klauspost/compress/gzip"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/temporary"
)

//go:embed run.sh
var script []byte

//go:embed README.txt
var instructions []byte

// Contents are the variable parts of a bundle.
type Contents struct {
	Programs map[build.Key]string // path of the program
	Vectors  map[string][]byte    // by file name
	Plan     []byte               // the plan that run.sh runs; empty for none
	Tests    []byte               // what a person reads of a module's own tests, which the programs carry then; empty for none
}

// file is a file of a bundle. Its content is text, or that of the file at the path from.
type file struct {
	name string
	text []byte
	from string
	mode fs.FileMode
}

// files returns all files of a bundle without the checksums, sorted by name.
func (c Contents) files() []file {
	files := []file{{name: "run.sh", text: script, mode: 0o755}, {name: "README.txt", text: instructions, mode: 0o644}}
	for key, path := range c.Programs {
		files = append(files, file{name: "bin/" + build.ProgramName(key), from: path, mode: 0o755})
	}
	for name, text := range c.Vectors {
		files = append(files, file{name: "vectors/" + name, text: text, mode: 0o644})
	}
	if len(c.Plan) > 0 {
		files = append(files, file{name: "lab.plan", text: c.Plan, mode: 0o644})
	}
	if len(c.Tests) > 0 {
		files = append(files, file{name: "tests.txt", text: c.Tests, mode: 0o644})
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files
}

// open returns the content of the file and its size.
func (f file) open() (io.ReadCloser, int64, error) {
	if f.from == "" {
		return io.NopCloser(strings.NewReader(string(f.text))), int64(len(f.text)), nil
	}
	in, err := os.Open(f.from)
	if err != nil {
		return nil, 0, err
	}
	info, err := in.Stat()
	if err != nil {
		in.Close()
		return nil, 0, err
	}
	return in, info.Size(), nil
}

// withSums returns the files together with SHA256SUMS and SM3SUMS.
func withSums(files []file) ([]file, error) {
	var sha, sm strings.Builder
	for _, f := range files {
		in, _, err := f.open()
		if err != nil {
			return nil, err
		}
		a, b := sha256.New(), sm3.New()
		_, err = io.Copy(io.MultiWriter(a, b), in)
		if err = errors.Join(err, in.Close()); err != nil {
			return nil, err
		}
		fmt.Fprintf(&sha, "%s  %s\n", hex.EncodeToString(a.Sum(nil)), f.name)
		fmt.Fprintf(&sm, "%s  %s\n", hex.EncodeToString(b.Sum(nil)), f.name)
	}
	return append(files, file{name: "SHA256SUMS", text: []byte(sha.String()), mode: 0o644}, file{name: "SM3SUMS", text: []byte(sm.String()), mode: 0o644}), nil
}

// Write writes a bundle: an archive if the path ends with .tar, .tar.gz or .tgz, else a directory. It returns a *record.Problem if
// the path exists or writing fails, and then leaves nothing behind.
func Write(path string, c Contents) error {
	if err := CheckPath(path); err != nil {
		return err
	}
	files, err := withSums(c.files())
	if err != nil {
		return err
	}
	if isArchive(path) {
		err = writeArchive(path, files)
	} else {
		err = writeDir(path, files)
	}
	if err != nil {
		return record.Wrongf(path, "the bundle cannot be written: %v; make room, or name another --out", "无法写入：%v；请腾出空间，或用 --out 指定其他位置", err)
	}
	return nil
}

// CheckPath returns a *record.Problem if no bundle can be written at a path: it exists, or its directory does not.
func CheckPath(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return record.Wrongf(path, "it is there already: remove it, or name another --out", "已存在：请移除或用 --out 指定其他位置")
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return record.Wrongf(filepath.Dir(path), "there is no such directory: is the stick mounted?", "没有该目录：U 盘是否已挂载？")
	}
	return nil
}

func isArchive(path string) bool { return strings.HasSuffix(path, ".tar") || isGzip(path) }
func isGzip(path string) bool {
	return strings.HasSuffix(path, ".tar.gz") || strings.HasSuffix(path, ".tgz")
}

// writeDir writes the files to a new directory.
func writeDir(path string, files []file) error {
	tmp, err := temporary.Dir(filepath.Dir(path), ".bundle-*")
	if err != nil {
		return err
	}
	defer temporary.Remove(tmp)
	for _, f := range files {
		to := filepath.Join(tmp, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		in, _, err := f.open()
		if err != nil {
			return err
		}
		out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, f.mode)
		if err != nil {
			in.Close()
			return err
		}
		_, err = io.Copy(out, in)
		if err = errors.Join(err, in.Close(), out.Sync(), out.Close()); err != nil { // Sync, because the user will pull out the USB stick
			return err
		}
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// writeArchive writes a tar archive, compressed if the path says so.
func writeArchive(path string, files []file) error {
	tmp, err := temporary.File(filepath.Dir(path), ".bundle-*")
	if err != nil {
		return err
	}
	defer temporary.Remove(tmp.Name())
	var out io.Writer = tmp
	finish := func() error { return nil }
	if isGzip(path) {
		z := gzip.NewWriter(tmp)
		out, finish = z, z.Close
	}
	err = archive(out, files)
	if err = errors.Join(err, finish(), tmp.Chmod(0o644), tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// topDir is the directory in an archive that holds all files.
const topDir = "xcmatrix/"

// archive writes the files as a tar archive without times and owners.
func archive(out io.Writer, files []file) error {
	w := tar.NewWriter(out)
	for _, f := range files {
		in, size, err := f.open()
		if err != nil {
			return err
		}
		err = w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: topDir + f.name, Size: size, Mode: int64(f.mode)})
		if err == nil {
			_, err = io.Copy(w, in)
		}
		if err = errors.Join(err, in.Close()); err != nil {
			return err
		}
	}
	return w.Close()
}
