package mapper

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

// TestTargets: the bytes of a table are those of linux/dm-ioctl.h, wherever this runs.
func TestTargets(t *testing.T) {
	r := newRequest("name")
	r.add(Linear(8, "/dev/loop1", 2))
	r.add(Target{Start: 8, Length: 16, Kind: "error"})
	if headBytes != 312 || specBytes != 40 {
		t.Fatalf("a head has %d bytes, a target %d", headBytes, specBytes)
	}
	if n := len(r.targets); n != 40+16+40+8 || r.head.Target_count != 2 {
		t.Fatalf("%d bytes, %d targets", n, r.head.Target_count)
	}
	if got := string(r.targets[40:56]); got != "/dev/loop1 2\x00\x00\x00\x00" {
		t.Errorf("parameters %q", got)
	}
	if got := string(r.targets[56+24 : 56+24+6]); got != "error\x00" {
		t.Errorf("kind %q", got)
	}
}

func TestDevice(t *testing.T) {
	d, err := Create("XC-1")
	if err != nil {
		needs.Absent(t, needs.Kernel, fmt.Errorf("device mapper: %w", err))
	}
	if err := d.Load(Error(2048)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadFile(d.Node()); !errors.Is(err, unix.EIO) {
		t.Errorf("a table of errors reads with %v", err)
	}
	if text, err := os.ReadFile(filepath.Join("/sys/block", d.Name(), "dm/uuid")); err != nil || string(text) != "XC-1\n" {
		t.Errorf("identity %q, %v", text, err)
	}
	if err := d.Remove(); err != nil {
		t.Fatal(err)
	}
	if err := d.Remove(); !errors.Is(err, unix.ENXIO) {
		t.Errorf("removed twice: %v", err)
	}
}
