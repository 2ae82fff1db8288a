package device

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// tree is a directory that looks like /sys/block: attributes by device.
type tree struct {
	t    *testing.T
	root string
}

func newTree(t *testing.T) *tree { return &tree{t, t.TempDir()} }

func (tr *tree) set(name, serial, size, sequence string) {
	tr.t.Helper()
	dir := filepath.Join(tr.root, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		tr.t.Fatal(err)
	}
	for attribute, text := range map[string]string{"serial": serial, "size": size, "diskseq": sequence} {
		path := filepath.Join(dir, attribute)
		_ = os.Remove(path)
		if text == "" {
			continue
		}
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			tr.t.Fatal(err)
		}
	}
}

func (tr *tree) remove(name string) { os.RemoveAll(filepath.Join(tr.root, name)) }

func TestReaderFollowsTheDevice(t *testing.T) {
	tr := newTree(t)
	tr.set("vda", "other", "100", "1")
	tr.set("vdb", "mine   ", "8", "2")
	r := NewReader(Identity{"serial", "mine"})
	r.root = tr.root
	if s, err := r.Read(); err != nil || s != (State{"vdb", 4096, 2}) {
		t.Fatalf("%+v, %v", s, err)
	}
	tr.remove("vdb")
	_, err := r.Read()
	if gone := (*Gone)(nil); !errors.As(err, &gone) || gone.Errno != syscall.ENOENT || !errors.Is(err, syscall.ENOENT) {
		t.Fatalf("removed: %v", err)
	}
	tr.set("vdb", "another", "16", "3") // its name is another disk's now
	if _, err := r.Read(); !errors.Is(err, syscall.ENOENT) {
		t.Fatalf("the name of another: %v", err)
	}
	tr.set("vdc", "mine", "24", "4")
	if s, err := r.Read(); err != nil || s != (State{"vdc", 24 * 512, 4}) {
		t.Fatalf("back under another name, with another size: %+v, %v", s, err)
	}
	tr.set("vdc", "mine", "0", "5")
	if _, err := r.Read(); !errors.Is(err, syscall.ENXIO) {
		t.Fatalf("without a medium: %v", err)
	}
	tr.set("vdc", "mine", "32", "") // a kernel without diskseq
	if s, err := r.Read(); err != nil || s.Bytes != 32*512 || s.Sequence != 0 {
		t.Fatalf("%+v, %v", s, err)
	}
	tr.set("vdc", "mine", "many", "6")
	if _, err := r.Read(); err == nil {
		t.Fatal("a size that is no number was read")
	}
}

func TestReaderWithoutSysfs(t *testing.T) {
	r := NewReader(Identity{"serial", "mine"})
	r.root = filepath.Join(t.TempDir(), "none")
	if _, err := r.Read(); !errors.Is(err, syscall.ENOENT) {
		t.Error(err)
	}
}

func TestRemoval(t *testing.T) {
	for name, c := range map[string]struct {
		steps       []Step
		right, back bool
	}{
		"nothing":                 {nil, true, false},
		"never removed":           {[]Step{There, There}, true, false},
		"all steps":               {[]Step{There, Failing, Failing, Empty, Away, There, There}, true, true},
		"two missed":              {[]Step{There, Away, There}, true, true},
		"still away":              {[]Step{There, Empty, Away, Away}, true, false},
		"empty only":              {[]Step{There, Empty, There}, true, true},
		"empty before it is back": {[]Step{There, Away, Empty, There}, true, true},
		"away, empty, away":       {[]Step{There, Away, Empty, Away, There}, false, false},
		"away, then EIO":          {[]Step{There, Away, Failing, There}, false, false},
		"empty, then EIO":         {[]Step{Empty, Failing}, false, false},
		"back, and gone again":    {[]Step{There, Away, There, Away}, false, false},
		"something else":          {[]Step{There, Wrong, Away}, false, false},
		"flickers":                {[]Step{There, Empty, There, Empty, Away}, false, false},
		"EIO, and there after it": {[]Step{Failing, There}, true, true},
	} {
		if right, back := Removal(c.steps); right != c.right || back != c.back {
			t.Errorf("%s: %t, %t; want %t, %t", name, right, back, c.right, c.back)
		}
	}
	for _, c := range []struct {
		bytes uint64
		err   error
		want  Step
	}{{8, nil, There}, {0, nil, Empty}, {0, syscall.ENXIO, Empty}, {0, syscall.EIO, Failing}, {0, syscall.ENODEV, Away}, {0, syscall.ENOENT, Away},
		{0, syscall.EBADF, Wrong}, {0, &Gone{Errno: syscall.ENODEV}, Away}} {
		if got := StepOf(c.bytes, c.err); got != c.want {
			t.Errorf("%d, %v: %v, want %v", c.bytes, c.err, got, c.want)
		}
	}
}
