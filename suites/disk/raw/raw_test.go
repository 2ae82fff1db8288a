package raw

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/disk/loop"
)

// problem opens what was given, which must be refused in one sentence that has the words.
func problem(t *testing.T, given, words string) {
	t.Helper()
	d, err := Open(given)
	if err == nil {
		d.Close()
		t.Errorf("%s was opened", given)
		return
	}
	var p *record.Problem
	if !errors.As(err, &p) || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "\n") || p.Place != flag || p.Zh == "" {
		t.Errorf("%s: %v, want %q", given, err, words)
	}
}

// What is no block device is refused without being opened.
func TestNoDevice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, make([]byte, 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	for given, words := range map[string]string{"": "twice", "/dev/sdb": "twice", "=1": "twice", "/dev/sdb=": "twice", "/none=1": "no such file",
		path + "=4096": "not a block device", "/dev/null=0": "not a block device", t.TempDir() + "=1": "not a block device"} {
		problem(t, given, words)
	}
}

const diskBytes, diskText = 32 << 20, "33554432"

// disk is a device of a file; the test is skipped where this process may not make one.
func disk(t *testing.T, o loop.Options) *loop.Device {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "disk"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := f.Truncate(diskBytes); err != nil {
		t.Fatal(err)
	}
	d, err := loop.Add()
	if err != nil {
		needs.Absent(t, needs.Root, err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := d.Attach(f, o); err != nil {
		needs.Absent(t, needs.Root, err)
	}
	return d
}

func TestOpen(t *testing.T) {
	d := disk(t, loop.Options{})
	problem(t, d.Node()+"=33554433", "neither the serial number nor the size")
	problem(t, d.Node()+"=WD-1", "neither the serial number nor the size")
	opened, err := Open(d.Node() + "=" + diskText)
	if err != nil || opened.Bytes != diskBytes {
		t.Fatalf("%+v, %v", opened, err)
	}
	problem(t, d.Node()+"="+diskText, "in use")
	if err := opened.Close(); err != nil {
		t.Fatal(err)
	}
	if opened, err = Open(d.Node() + "=" + diskText); err != nil {
		t.Fatal(err)
	}
	opened.Close()
}

// A device of which one partition is in use, is in use.
func TestPartitionInUse(t *testing.T) {
	d := disk(t, loop.Options{Partitions: true})
	if err := d.AddPartition(1, 1<<20, 4<<20); err != nil {
		needs.Absent(t, needs.Root, err)
	}
	partition := d.Node() + "p1"
	fd, err := unix.Open(partition, unix.O_RDONLY|unix.O_EXCL, 0)
	if err != nil {
		needs.Absent(t, needs.Root, err)
	}
	problem(t, d.Node()+"="+diskText, "in use")
	problem(t, partition+"=4194304", "in use")
	unix.Close(fd)
	problem(t, partition+"=4194304", "at least")
}

func TestReadOnly(t *testing.T) {
	d := disk(t, loop.Options{ReadOnly: true})
	problem(t, d.Node()+"="+diskText, "read-only")
}
