package loop

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

// added is a new device; the test is skipped where this process may not add one.
func added(t *testing.T) *Device {
	t.Helper()
	d, err := Add()
	if err != nil {
		needs.Absent(t, needs.Root, err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join("/sys/block", d.Name())); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there: %v", d.Name(), err)
		}
	})
	return d
}

func file(t *testing.T, bytes int64) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := f.Truncate(bytes); err != nil {
		t.Fatal(err)
	}
	return f
}

func size(t *testing.T, d *Device) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/sys/block", d.Name(), "size"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDevice(t *testing.T) {
	d := added(t)
	f := file(t, 1<<20)
	if _, err := f.WriteAt([]byte("here"), 4096); err != nil {
		t.Fatal(err)
	}
	if err := d.Attach(f, Options{}); err != nil {
		needs.Absent(t, needs.Kernel, err)
	}
	if got := size(t, d); got != "2048\n" {
		t.Errorf("size %q", got)
	}
	if err := d.Attach(f, Options{}); !errors.Is(err, unix.EBUSY) {
		t.Errorf("attached twice: %v", err)
	}
	node, err := os.Open(d.Node())
	if err != nil {
		t.Fatal(err)
	}
	read := make([]byte, 4)
	if _, err := node.ReadAt(read, 4096); err != nil || !bytes.Equal(read, []byte("here")) {
		t.Errorf("%q, %v", read, err)
	}
	node.Close()
	if err := f.Truncate(2 << 20); err != nil {
		t.Fatal(err)
	}
	if err := d.Resize(); err != nil || size(t, d) != "4096\n" {
		t.Errorf("resized: %v, %q", err, size(t, d))
	}
	if err := d.Detach(); err != nil || size(t, d) != "0\n" {
		t.Errorf("detached: %v, %q", err, size(t, d))
	}
	if err := d.Detach(); err != nil {
		t.Errorf("detached twice: %v", err)
	}
	if err := d.Attach(f, Options{Offset: 4096, Limit: 8192, Block: 4096, ReadOnly: true}); err != nil {
		t.Fatal(err)
	}
	if got := size(t, d); got != "16\n" {
		t.Errorf("a part of a file: size %q", got)
	}
	if err := d.Detach(); err != nil {
		t.Fatal(err)
	}
	if err := d.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(d.Node()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its node: %v", err)
	}
	if err := d.Return(); err != nil || size(t, d) != "0\n" {
		t.Errorf("added again: %v", err)
	}
}
