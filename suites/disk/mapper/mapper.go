// Package mapper makes block devices of the kernel's device mapper, whose tables say what each part does: show a part of another
// device, fail, or lose writes. It only ever touches devices that it has made itself, or that a killed process has left.
package mapper

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Target is a part of a device, in sectors of 512 bytes, and what it does.
type Target struct {
	Start, Length uint64
	Kind          string // such as linear, error or flakey
	Parameters    string // as dmsetup(8) has them
}

// Linear is a target that shows a part of another device.
func Linear(length uint64, node string, from uint64) Target {
	return Target{Length: length, Kind: "linear", Parameters: fmt.Sprintf("%s %d", node, from)}
}

// Error is a target that fails each read and write.
func Error(length uint64) Target { return Target{Length: length, Kind: "error"} }

// Flakey is a target that shows a device, and all the time does with writes what feature says: drop_writes or error_writes.
func Flakey(length uint64, node, feature string) Target {
	return Target{Length: length, Kind: "flakey", Parameters: fmt.Sprintf("%s 0 0 3600 1 %s", node, feature)}
}

// Device is a device that Create has made.
type Device struct {
	name string
	dev  uint64
}

// prefix begins the names of devices that this package makes; the number of the process that made it follows.
const prefix = "xcmatrix-"

// busyTime is how long another program, such as udev, may have a device open.
const busyTime = 10 * time.Second

// Create makes a device without a table. uuid is its identity, "" for none. It returns an errno if the kernel has no device mapper, or
// this process may not use it.
func Create(uuid string) (*Device, error) {
	removeAbandoned()
	d := &Device{name: fmt.Sprintf("%s%d-%d", prefix, os.Getpid(), rand.IntN(1_000_000))}
	r := newRequest(d.name)
	copy(r.head.Uuid[:len(r.head.Uuid)-1], uuid)
	if err := r.send(unix.DM_DEV_CREATE); err != nil {
		return nil, err
	}
	d.dev = r.head.Dev
	return d, nil
}

// Name returns the name in /sys/block.
func (d *Device) Name() string { return fmt.Sprintf("dm-%d", unix.Minor(d.dev)) }

// Mapped returns the name that the device mapper has for the device.
func (d *Device) Mapped() string { return d.name }

// Node returns the path of the node, which exists as soon as the device has a table.
func (d *Device) Node() string { return filepath.Join("/dev", d.Name()) }

// Load gives the device a table in place of the one that it has. What is under way ends with the old one; what is in the page cache
// goes to the new one, as if the disk itself had changed.
func (d *Device) Load(table ...Target) error {
	r := newRequest(d.name)
	for _, t := range table {
		r.add(t)
	}
	if err := r.send(unix.DM_TABLE_LOAD); err != nil {
		return err
	}
	return d.Resume()
}

// Suspend makes requests wait until Resume.
func (d *Device) Suspend() error { return d.change(unix.DM_SUSPEND_FLAG) }

// Resume lets requests go on, with the table that was loaded last.
func (d *Device) Resume() error { return d.change(0) }

// change suspends or resumes the device, without writing the page cache to it first.
func (d *Device) change(flags uint32) error {
	r := newRequest(d.name)
	r.head.Flags = flags | unix.DM_SKIP_LOCKFS_FLAG
	return r.send(unix.DM_DEV_SUSPEND)
}

// Remove takes the device away. It waits while another program has it open.
func (d *Device) Remove() error { return remove(d.name, busyTime) }

func remove(name string, patience time.Duration) error {
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		err := newRequest(name).send(unix.DM_DEV_REMOVE)
		if !errors.Is(err, unix.EBUSY) || time.Now().After(end) {
			return err
		}
	}
}

// removeAbandoned removes the devices of processes that were killed. Nothing happens where there are none, or this process may not.
func removeAbandoned() {
	names, err := filepath.Glob("/sys/block/dm-*/dm/name")
	if err != nil {
		return
	}
	for _, path := range names {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		name := strings.TrimSuffix(string(text), "\n")
		rest, ours := strings.CutPrefix(name, prefix)
		number, _, _ := strings.Cut(rest, "-")
		if pid, err := strconv.Atoi(number); ours && err == nil && errors.Is(unix.Kill(pid, 0), unix.ESRCH) {
			_ = remove(name, 0)
		}
	}
}

// request is what an ioctl of /dev/mapper/control takes: a head, and the targets of a table behind it (linux/dm-ioctl.h).
type request struct {
	head    unix.DmIoctl
	targets []byte
}

const (
	headBytes = int(unsafe.Sizeof(unix.DmIoctl{}))
	specBytes = int(unsafe.Sizeof(unix.DmTargetSpec{}))
)

func newRequest(name string) *request {
	r := &request{head: unix.DmIoctl{Version: [3]uint32{4}, Data_start: uint32(headBytes)}}
	copy(r.head.Name[:len(r.head.Name)-1], name)
	return r
}

// add appends a target: its specification, its parameters with a zero behind them, and zeros up to a multiple of eight bytes.
func (r *request) add(t Target) {
	parameters := append([]byte(t.Parameters), 0)
	for len(parameters)%8 != 0 {
		parameters = append(parameters, 0)
	}
	spec := unix.DmTargetSpec{Sector_start: t.Start, Length: t.Length, Next: uint32(specBytes + len(parameters))}
	copy(spec.Target_type[:len(spec.Target_type)-1], t.Kind)
	r.targets = append(append(r.targets, (*[specBytes]byte)(unsafe.Pointer(&spec))[:]...), parameters...)
	r.head.Target_count++
}

// send asks the kernel. The head then has its answer.
func (r *request) send(what uint) error {
	fd, err := unix.Open("/dev/mapper/control", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	b := make([]byte, headBytes, headBytes+len(r.targets))
	r.head.Data_size = uint32(cap(b))
	*(*unix.DmIoctl)(unsafe.Pointer(&b[0])) = r.head
	b = append(b, r.targets...)
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(what), uintptr(unsafe.Pointer(&b[0])))
		switch errno {
		case 0:
			r.head = *(*unix.DmIoctl)(unsafe.Pointer(&b[0]))
			return nil
		case unix.EINTR:
		default:
			return errno
		}
	}
}
