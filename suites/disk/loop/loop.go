// Package loop makes block devices of files: loop(4). It only ever touches devices that it has added itself, under numbers that
// nobody uses, so that it can also take them away again as if a disk had been pulled out.
package loop

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Options of an attached file.
type Options struct {
	Offset, Limit uint64 // the part of the file; Limit 0 for all behind Offset
	Block         uint32 // bytes of a logical block; 0 for 512
	Partitions    bool   // look for a partition table
	ReadOnly      bool
}

// Device is a loop device that Add has added.
type Device struct {
	Number int
	fd     int // the node, open while a file is attached: the kernel detaches the file when the process ends
}

const (
	firstNumber = 900 // far above the numbers that losetup gives
	numbers     = 100
	busyTime    = 10 * time.Second // how long another program, such as udev, may have the device open
)

// Add adds a loop device without a file. It returns an errno if the kernel has no loop devices, or this process may not add one.
func Add() (*Device, error) {
	first := rand.IntN(numbers)
	for i := range numbers {
		d := &Device{Number: firstNumber + (first+i)%numbers, fd: -1}
		err := d.Return()
		if errors.Is(err, unix.EEXIST) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return d, nil
	}
	return nil, unix.EEXIST
}

// Name returns the name in /sys/block and /dev.
func (d *Device) Name() string { return fmt.Sprintf("loop%d", d.Number) }

// Node returns the path of the node.
func (d *Device) Node() string { return filepath.Join("/dev", d.Name()) }

// Return adds the device again under its number after Remove.
func (d *Device) Return() error { return control(unix.LOOP_CTL_ADD, d.Number) }

// Attach makes the device show a file's content. The device is detached when the process ends.
func (d *Device) Attach(file *os.File, o Options) error {
	if d.fd >= 0 {
		return unix.EBUSY
	}
	mode := unix.O_RDWR
	if o.ReadOnly {
		mode = unix.O_RDONLY
	}
	fd, err := openWhenThere(d.Node(), mode|unix.O_CLOEXEC)
	if err != nil {
		return err
	}
	info := unix.LoopInfo64{Offset: o.Offset, Sizelimit: o.Limit, Flags: unix.LO_FLAGS_AUTOCLEAR}
	if o.Partitions {
		info.Flags |= unix.LO_FLAGS_PARTSCAN
	}
	if o.ReadOnly {
		info.Flags |= unix.LO_FLAGS_READ_ONLY
	}
	err = unix.IoctlLoopConfigure(fd, &unix.LoopConfig{Fd: uint32(file.Fd()), Size: o.Block, Info: info})
	if errors.Is(err, unix.EINVAL) && o.Block == 0 || errors.Is(err, unix.ENOTTY) { // before Linux 5.8
		err = attachOld(fd, file, &info)
	}
	if err != nil {
		unix.Close(fd)
		return err
	}
	d.fd = fd
	return nil
}

// attachOld attaches a file in two steps, as kernels before 5.8 want it.
func attachOld(fd int, file *os.File, info *unix.LoopInfo64) error {
	if err := unix.IoctlSetInt(fd, unix.LOOP_SET_FD, int(file.Fd())); err != nil {
		return err
	}
	if err := unix.IoctlLoopSetStatus64(fd, info); err != nil {
		_ = unix.IoctlSetInt(fd, unix.LOOP_CLR_FD, 0)
		return err
	}
	return nil
}

// Resize makes the device take the file's size of now.
func (d *Device) Resize() error { return unix.IoctlSetInt(d.fd, unix.LOOP_SET_CAPACITY, 0) }

// AddPartition tells the kernel of a partition with a number from 1: it may know no kind of partition table.
func (d *Device) AddPartition(number int32, start, bytes int64) error {
	partition := &unix.BlkpgPartition{Start: start, Length: bytes, Pno: number}
	request := &unix.BlkpgIoctlArg{Op: unix.BLKPG_ADD_PARTITION, Datalen: int32(unsafe.Sizeof(*partition)), Data: (*byte)(unsafe.Pointer(partition))}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(d.fd), unix.BLKPG, uintptr(unsafe.Pointer(request)))
	runtime.KeepAlive(partition)
	if errno != 0 {
		return errno
	}
	return nil
}

// ReadAt reads from the device by the descriptor that Attach has opened.
func (d *Device) ReadAt(p []byte, at int64) (int, error) { return unix.Pread(d.fd, p, at) }

// Clear takes the file away, and leaves the device's descriptor open, as a program does that does not notice. If others have the
// device open, the kernel waits until they close it.
func (d *Device) Clear() error { return unix.IoctlSetInt(d.fd, unix.LOOP_CLR_FD, 0) }

// Detach takes the file away, unless Clear has done so, and closes the descriptor.
func (d *Device) Detach() error {
	if d.fd < 0 {
		return nil
	}
	err := d.Clear()
	if errors.Is(err, unix.ENXIO) { // no file is attached any more
		err = nil
	}
	if closed := unix.Close(d.fd); err == nil {
		err = closed
	}
	d.fd = -1
	return err
}

// Remove takes the device away: its directory in sysfs and its node vanish. It waits while another program has it open.
func (d *Device) Remove() error {
	for end := time.Now().Add(busyTime); ; time.Sleep(time.Millisecond) {
		err := control(unix.LOOP_CTL_REMOVE, d.Number)
		if !errors.Is(err, unix.EBUSY) || time.Now().After(end) {
			return err
		}
	}
}

// Close detaches and removes the device, if it is there.
func (d *Device) Close() error {
	_ = d.Detach() // Remove says what is wrong
	if err := d.Remove(); err != nil && !errors.Is(err, unix.ENODEV) && !errors.Is(err, unix.EINVAL) {
		return err
	}
	return nil
}

// control asks the driver.
func control(request uint, number int) error {
	fd, err := unix.Open("/dev/loop-control", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.IoctlSetInt(fd, request, number)
}

// openWhenThere opens a node that the kernel is about to create.
func openWhenThere(path string, flags int) (int, error) {
	for end := time.Now().Add(busyTime); ; time.Sleep(time.Millisecond) {
		fd, err := unix.Open(path, flags, 0)
		if !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENXIO) && !errors.Is(err, unix.EINTR) || time.Now().After(end) {
			return fd, err
		}
	}
}
