package image_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/image"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/tree"
)

// made writes an image of a program and a module.
func made(t *testing.T, program []byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module m\n", "a/testdata/x.txt": "x", "t": "#!/bin/sh\necho binary\n"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o444); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("a/testdata/x.txt", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	files, err := tree.Of(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "payload")
	var out bytes.Buffer
	out.Write(program)
	c := image.Contents{GOARCH: "loong64", Packages: []image.Package{{Path: "m/a", Dir: "a", Binary: "bin/0"}, {Path: "m/empty", Dir: "empty", Binary: "bin/1"}}}
	binary := filepath.Join(dir, "t")
	if err := image.Write(&out, int64(len(program)), c, map[string]string{"bin/0": binary, "bin/1": binary}, files.Files); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestImage(t *testing.T) {
	script := []byte("#!/bin/sh\necho program\nexit 0\n")
	path := made(t, script)
	if again := made(t, script); !bytes.Equal(read(t, path), read(t, again)) {
		t.Error("the same content gives different bytes")
	}
	if out, err := exec.Command(path).Output(); err != nil || string(out) != "program\n" {
		t.Errorf("the program says %q, %v", out, err)
	}
	i, err := image.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	dir := t.TempDir()
	if err := i.Unpack(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a/testdata/x.txt", "link"} {
		if got := read(t, filepath.Join(dir, name)); string(got) != "x" {
			t.Errorf("%s: %q", name, got)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "a/testdata/x.txt"), nil, 0); err != nil {
		t.Errorf("tests cannot write: %v", err)
	}
	if info, err := os.Stat(filepath.Join(dir, "empty")); err != nil || !info.IsDir() {
		t.Errorf("a package without files has no directory: %v", err)
	}
	binary := filepath.Join(dir, "t.test")
	if err := i.Binary(i.Packages[0], binary); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(binary).Output(); err != nil || string(out) != "binary\n" {
		t.Errorf("the test binary says %q, %v", out, err)
	}
}

func TestNoImage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := image.Open(path); !errors.Is(err, image.ErrNone) {
		t.Error(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
