// Package device reads the size of a block device that may be removed, and come back, at any moment.
//
// A Reader knows a device by what it is and not by its name: a disk that comes back may have another name, and its old name may be
// another disk's. It keeps no descriptor from one call to the next, because a descriptor stays bound to what is gone. It reads
// sysfs and opens no node: opening a node whose device was removed can make the kernel create the device again.
package device

import (
	"fmt"
	"path/filepath"
	"syscall"

	"github.com/xcmatrix/xcmatrix/suites/disk/sysfs"
)

// sectorBytes is the unit of sizes in sysfs.
const sectorBytes = 512

// Identity says which device is meant: an attribute below its directory in sysfs, and its value. A disk has a serial number; what a
// loop device is, its file says.
type Identity struct{ Attribute, Value string }

// State is what a Reader has read.
type State struct {
	Name     string // the device's name now
	Bytes    uint64
	Sequence uint64 // diskseq: another one for each medium; 0 before Linux 5.15
}

// Gone is the error for a device that is not there, with the errno that said so.
type Gone struct {
	Identity
	Errno syscall.Errno
}

func (g *Gone) Error() string {
	return fmt.Sprintf("no block device has %s %q: %v", g.Attribute, g.Value, g.Errno)
}

// Unwrap returns the errno.
func (g *Gone) Unwrap() error { return g.Errno }

// Reader reads the size of one device.
type Reader struct {
	identity Identity
	root     string
	name     string // where the device was last; it is looked at first
}

// NewReader returns a reader of the device with an identity.
func NewReader(identity Identity) *Reader { return &Reader{identity: identity, root: "/sys/block"} }

// maxChanges is how often a device may change while it is read.
const maxChanges = 8

// Read returns the device's size and name. It returns a *Gone with ENOENT or ENODEV if no device has the identity now, and with
// ENXIO if the device has no medium; the errno is that of the device's last name. Other errors are the kernel's.
func (r *Reader) Read() (State, error) {
	last := syscall.ENOENT
	if r.name != "" {
		state, errno := r.readNamed(r.name)
		if errno == 0 {
			return state, nil
		}
		last = errno
	}
	var state State
	found := syscall.ENOENT
	var buffer [4096]byte
	err := sysfs.Names(r.root, buffer[:], func(name []byte) bool {
		var errno syscall.Errno
		if state, errno = r.readNamed(string(name)); errno == 0 {
			found = 0
			return false
		}
		if errno == syscall.ENXIO {
			found = errno
		}
		return true
	})
	if err != nil {
		return State{}, err
	}
	if found == 0 {
		r.name = state.Name
		return state, nil
	}
	if found == syscall.ENXIO {
		last = found
	}
	return State{}, &Gone{r.identity, last}
}

// readNamed reads the device of a name. It returns ENOENT if that is another device, ENXIO if it has no medium, and EAGAIN if it
// changes all the time.
func (r *Reader) readNamed(name string) (State, syscall.Errno) {
	dir, err := sysfs.OpenDir(filepath.Join(r.root, name))
	if err != nil {
		return State{}, errnoOf(err)
	}
	defer dir.Close()
	for range maxChanges {
		before, errno := sequence(dir)
		if errno != 0 {
			return State{}, errno
		}
		var buffer [sysfs.MaxPath]byte
		value, err := dir.Text(r.identity.Attribute, buffer[:])
		if err != nil {
			return State{}, errnoOf(err)
		}
		if trimmed(value) != r.identity.Value {
			return State{}, syscall.ENOENT
		}
		sectors, err := dir.Decimal("size")
		if err != nil {
			return State{}, errnoOf(err)
		}
		after, errno := sequence(dir)
		switch {
		case errno != 0:
			return State{}, errno
		case before != after: // another medium meanwhile
			continue
		case sectors == 0:
			return State{}, syscall.ENXIO
		}
		return State{Name: name, Bytes: sectors * sectorBytes, Sequence: after}, 0
	}
	return State{}, syscall.EAGAIN
}

// sequence returns diskseq; 0 where the kernel does not have it.
func sequence(dir sysfs.Dir) (uint64, syscall.Errno) {
	n, err := dir.Decimal("diskseq")
	if err == syscall.ENOENT {
		return 0, 0
	}
	return n, errnoOf(err)
}

// trimmed returns a text without the spaces at its end, with which some drivers fill up.
func trimmed(text []byte) string {
	for len(text) > 0 && text[len(text)-1] == ' ' {
		text = text[:len(text)-1]
	}
	return string(text)
}

// errnoOf returns the errno of an error of package sysfs, and EIO for a text that is none of what the kernel writes.
func errnoOf(err error) syscall.Errno {
	if err == nil {
		return 0
	}
	if errno, is := err.(syscall.Errno); is {
		return errno
	}
	return syscall.EIO
}
