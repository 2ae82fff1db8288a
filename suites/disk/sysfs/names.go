package sysfs

import (
	"syscall"
	"unsafe"
)

// Layout of struct linux_dirent64, getdents64(2): it is the same on all architectures.
const (
	lengthAt = 16
	nameAt   = 19
)

// Names calls found with each name in a directory, but for . and .., until found returns false. A name is only valid until found
// returns. The buffer must have room for some entries, say 4 KiB.
func Names(path string, buffer []byte, found func(name []byte) bool) error {
	fd, err := openAt(atFDCWD, path, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC)
	if err != nil {
		return err
	}
	err = names(fd, buffer, found)
	syscall.Close(fd)
	return err
}

func names(fd int, buffer []byte, found func(name []byte) bool) error {
	if len(buffer) == 0 {
		return syscall.EINVAL
	}
	for {
		n, _, errno := syscall.Syscall(syscall.SYS_GETDENTS64, uintptr(fd), uintptr(unsafe.Pointer(&buffer[0])), uintptr(len(buffer)))
		switch {
		case errno == syscall.EINTR:
			continue
		case errno != 0:
			return errno
		case n == 0:
			return nil
		}
		if more, err := entries(buffer[:n], found); !more {
			return err
		}
	}
}

// entries calls found for the entries in what getdents64 has filled. It returns EIO for an entry that is not within its bounds.
func entries(all []byte, found func(name []byte) bool) (more bool, err error) {
	for len(all) > 0 {
		if len(all) < nameAt {
			return false, syscall.EIO
		}
		length := int(uint16At(all[lengthAt:]))
		if length < nameAt+1 || length > len(all) {
			return false, syscall.EIO
		}
		name := all[nameAt:length]
		for i, c := range name {
			if c == 0 {
				name = name[:i]
				break
			}
		}
		if string(name) != "." && string(name) != ".." && !found(name) {
			return false, nil
		}
		all = all[length:]
	}
	return true, nil
}

// uint16At returns the number at the beginning of bytes, in the processor's byte order. They need not be aligned.
func uint16At(bytes []byte) (n uint16) {
	copy((*[2]byte)(unsafe.Pointer(&n))[:], bytes[:2])
	return n
}
