package sysfs

import (
	"errors"
	"syscall"
)

// Class is what an error says about a device.
type Class uint8

const (
	OK      Class = iota
	Unknown       // an error that says nothing about the device
	Absent        // ENOENT: there is no such name, or there is none any more
	Removed       // ENODEV: what was opened has gone, and does not come back
	Empty         // ENXIO: there is a node, and no device or no medium behind it
	Failed        // EIO: the device did not do what it was told
	Denied        // EACCES, EPERM: this process may not
	Invalid       // EINVAL: the kernel does not take the value
)

var classNames = [...]string{"ok", "unknown", "absent", "removed", "empty", "failed", "denied", "invalid"}

// String returns the name of the class.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return "unknown"
}

// Gone reports whether the device is not there, for now or for ever.
func (c Class) Gone() bool { return c == Absent || c == Removed || c == Empty }

// Classify returns the class of an error, which may be wrapped.
func Classify(err error) Class {
	if err == nil {
		return OK
	}
	errno, plain := err.(syscall.Errno)
	if !plain && !unwrap(err, &errno) {
		return Unknown
	}
	switch errno {
	case syscall.ENOENT:
		return Absent
	case syscall.ENODEV:
		return Removed
	case syscall.ENXIO:
		return Empty
	case syscall.EIO:
		return Failed
	case syscall.EACCES, syscall.EPERM:
		return Denied
	case syscall.EINVAL:
		return Invalid
	}
	return Unknown
}

// unwrap is errors.As in a function of its own: only what is wrapped costs an allocation.
func unwrap(err error, to *syscall.Errno) bool {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return false
	}
	*to = errno
	return true
}
