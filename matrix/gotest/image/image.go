// Package image is the one file that carries a product's tests to a target: a program, and behind it a zip archive with
// test binaries and the module's tree. The program runs as it did without the archive, and finds it in its own file.
package image

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/tree"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Format of the archive. A program refuses another.
const Format = 1

// Contents is the archive's table of contents.
type Contents struct {
	Format   int       `json:"format"`
	GOOS     string    `json:"goos"`
	GOARCH   string    `json:"goarch"`
	Go       string    `json:"go"`             // version that built the tests
	Args     []string  `json:"args,omitempty"` // of every test binary
	Short    bool      `json:"short,omitempty"`
	Cover    bool      `json:"cover,omitempty"`
	SubTests string    `json:"subtests,omitempty"` // -test.run's part behind the first slash
	Env      []string  `json:"env,omitempty"`      // NAME=value that tests get everywhere
	Packages []Package `json:"packages"`

	Built json.RawMessage `json:"built,omitempty"` // plan and build verdicts, for a machine that has no Go; absent in a payload of a run
}

// Package is one test binary.
type Package struct {
	Path     string `json:"path"`     // import path
	Dir      string `json:"dir"`      // that it runs in, below the tree
	Binary   string `json:"binary"`   // name in the archive
	TestMain bool   `json:"testmain"` // it has a TestMain
	Funcs    []Func `json:"funcs"`

	Remedy *Remedy `json:"remedy,omitempty"` // where it builds with newer dependencies alone
}

// Remedy is what a package that does not build was built with instead.
type Remedy struct {
	With    string         `json:"with"`    // the dependencies
	Build   record.SpecEnd `json:"build"`   // the verdict on the build as it is
	Finding record.Finding `json:"finding"` // behind that
}

// Func is one test, or one benchmark.
type Func struct {
	Name     string  `json:"name"`
	Bench    bool    `json:"bench,omitempty"`
	Deadline float64 `json:"deadline_s"`

	Needs []string `json:"needs,omitempty"` // services without which it is miss
}

const (
	contentsName = "xcmatrix-test.json"
	treePrefix   = "tree/"
)

// Write appends contents, binaries (by their name in the archive) and files to the program that out holds, size bytes.
// Times are left out: the same content gives the same bytes.
func Write(out io.Writer, size int64, c Contents, binaries map[string]string, files tree.Files) error {
	z := zip.NewWriter(out)
	z.SetOffset(size)
	c.Format = Format
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := add(z, contentsName, 0o644, zip.Deflate, text); err != nil {
		return err
	}
	for _, p := range c.Packages {
		if err := copyIn(z, p.Binary, binaries[p.Binary], 0o755, zip.Store); err != nil {
			return err
		}
	}
	for _, f := range files {
		name := treePrefix + f.Path
		if f.Mode&fs.ModeSymlink != 0 {
			err = add(z, name, f.Mode, zip.Store, []byte(f.Link))
		} else {
			err = copyIn(z, name, f.From, f.Mode.Perm(), zip.Deflate)
		}
		if err != nil {
			return err
		}
	}
	return z.Close()
}

func create(z *zip.Writer, name string, mode fs.FileMode, method uint16) (io.Writer, error) {
	h := &zip.FileHeader{Name: name, Method: method}
	h.SetMode(mode)
	return z.CreateHeader(h)
}

func add(z *zip.Writer, name string, mode fs.FileMode, method uint16, text []byte) error {
	w, err := create(z, name, mode, method)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

// copyIn adds a file of this machine to the archive.
func copyIn(z *zip.Writer, name, from string, mode fs.FileMode, method uint16) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	w, err := create(z, name, mode, method)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, in)
	return err
}

// Image is a file that carries tests.
type Image struct {
	Contents
	zip   *zip.ReadCloser
	files map[string]*zip.File
}

// ErrNone is the error for a file that carries no tests.
var ErrNone = errors.New("the file carries no tests")

// Open reads the archive behind the program at path.
func Open(path string) (*Image, error) {
	z, err := zip.OpenReader(path)
	if errors.Is(err, zip.ErrFormat) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, err
	}
	i := &Image{zip: z, files: map[string]*zip.File{}}
	for _, f := range z.File {
		i.files[f.Name] = f
	}
	if err := i.readContents(); err != nil {
		return nil, errors.Join(err, z.Close())
	}
	return i, nil
}

func (i *Image) readContents() error {
	f, ok := i.files[contentsName]
	if !ok {
		return ErrNone
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	if err := json.NewDecoder(in).Decode(&i.Contents); err != nil {
		return fmt.Errorf("%s: %w", contentsName, err)
	}
	if i.Format != Format {
		return fmt.Errorf("the archive has format %d, this program reads %d", i.Format, Format)
	}
	return nil
}

// Close closes the file.
func (i *Image) Close() error { return i.zip.Close() }

// Unpack writes the tree below a directory. Everything in it can be written to: tests may.
func (i *Image) Unpack(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, f := range i.zip.File {
		name, ok := cutPrefix(f.Name)
		if !ok {
			continue
		}
		if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := unpack(root, name, f); err != nil {
			return err
		}
	}
	for _, p := range i.Packages { // one whose directory holds nothing that is carried
		if err := root.MkdirAll(filepath.FromSlash(p.Dir), 0o755); err != nil {
			return err
		}
	}
	return nil
}

func cutPrefix(name string) (string, bool) {
	if len(name) <= len(treePrefix) || name[:len(treePrefix)] != treePrefix {
		return "", false
	}
	local := filepath.FromSlash(name[len(treePrefix):])
	return local, filepath.IsLocal(local)
}

// unpack writes a file of the archive below root.
func unpack(root *os.Root, name string, f *zip.File) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	if f.Mode()&fs.ModeSymlink != 0 {
		to, err := io.ReadAll(in)
		if err != nil {
			return err
		}
		return root.Symlink(string(to), name)
	}
	out, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, f.Mode().Perm()|0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// Binary writes a package's test binary to a path. No child starts meanwhile: it would hold the file open for writing, and
// nobody could start it (golang/go#22315).
func (i *Image) Binary(p Package, path string) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	f, ok := i.files[p.Binary]
	if !ok {
		return fmt.Errorf("%s: the archive has no %s", p.Path, p.Binary)
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// Spec returns the id of the spec of a package for a test, or for "build" or "vet".
func Spec(path, name string) string { return "test/" + path + "/" + name }
