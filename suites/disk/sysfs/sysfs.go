// Package sysfs reads attributes of the kernel's sysfs without allocating memory, and without a C library: openat(2), read(2) and
// close(2) are called directly, and numbers are parsed from the bytes that the kernel wrote. It needs nothing but the packages
// errors, syscall and unsafe, so that TinyGo builds it too.
//
// It keeps no descriptor between calls, except that of a Dir. A descriptor of an attribute stays bound to the device that it was
// opened for: after that has gone it answers ENODEV for ever, even if a new device has the same name.
package sysfs

import (
	"errors"
	"syscall"
	"unsafe"
)

// Errors of a text that is not what its reader expects. All other errors are a syscall.Errno.
var (
	ErrSyntax = errors.New("sysfs: not a number")
	ErrRange  = errors.New("sysfs: the number does not fit in 64 bits")
	ErrLong   = errors.New("sysfs: the text is longer than the buffer")
)

const (
	// MaxPath is the longest path, in bytes. The kernel's own limit is 4095; paths in sysfs are far shorter.
	MaxPath = 511
	// MaxNumber is the longest text of a number: 20 digits or 0x and 16, and some white space.
	MaxNumber = 31

	atFDCWD = -100     // AT_FDCWD, which package syscall has not for every architecture
	oPath   = 0x200000 // O_PATH: the directory need not be readable
)

// Dir is an open directory of sysfs. The zero value stands for the working directory, in which only absolute paths make sense.
type Dir struct {
	fd   int
	open bool
}

// OpenDir opens a directory. The caller must close it.
func OpenDir(path string) (Dir, error) {
	fd, err := openAt(atFDCWD, path, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC|oPath)
	return Dir{fd, err == nil}, err
}

// Close closes the directory.
func (d *Dir) Close() error {
	if !d.open {
		return nil
	}
	d.open = false
	return syscall.Close(d.fd)
}

// at returns the descriptor for openat(2).
func (d Dir) at() int {
	if !d.open {
		return atFDCWD
	}
	return d.fd
}

// Text reads an attribute into the buffer and returns it without the newline at its end. It returns ErrLong if the buffer is too
// small, and the kernel's errno if the attribute cannot be read.
func (d Dir) Text(name string, buffer []byte) ([]byte, error) {
	fd, err := openAt(d.at(), name, syscall.O_RDONLY|syscall.O_CLOEXEC)
	if err != nil {
		return nil, err
	}
	n, err := read(fd, buffer)
	syscall.Close(fd)
	if err != nil {
		return nil, err
	}
	if n == len(buffer) {
		return nil, ErrLong
	}
	if n > 0 && buffer[n-1] == '\n' {
		n--
	}
	return buffer[:n], nil
}

// Decimal reads an attribute that is a decimal number, such as size.
func (d Dir) Decimal(name string) (uint64, error) {
	var buffer [MaxNumber + 1]byte
	text, err := d.Text(name, buffer[:])
	if err != nil {
		return 0, err
	}
	return ParseDecimal(text)
}

// Hex reads an attribute that is a hexadecimal number, such as vendor.
func (d Dir) Hex(name string) (uint64, error) {
	var buffer [MaxNumber + 1]byte
	text, err := d.Text(name, buffer[:])
	if err != nil {
		return 0, err
	}
	return ParseHex(text)
}

// Number reads a device number, major:minor, as in dev.
func (d Dir) Number(name string) (major, minor uint32, err error) {
	var buffer [MaxNumber + 1]byte
	text, err := d.Text(name, buffer[:])
	if err != nil {
		return 0, 0, err
	}
	return ParseNumber(text)
}

// openAt is openat(2). It returns ENAMETOOLONG for a path that is longer than MaxPath, and EINVAL for one with a zero byte in it.
func openAt(dir int, path string, flags int) (int, error) {
	if len(path) > MaxPath {
		return -1, syscall.ENAMETOOLONG
	}
	var name [MaxPath + 1]byte
	copy(name[:], path)
	for i := range len(path) {
		if name[i] == 0 {
			return -1, syscall.EINVAL
		}
	}
	for {
		fd, _, errno := syscall.Syscall6(syscall.SYS_OPENAT, uintptr(dir), uintptr(unsafe.Pointer(&name[0])), uintptr(flags), 0, 0, 0)
		switch errno {
		case 0:
			return int(fd), nil
		case syscall.EINTR:
		default:
			return -1, errno
		}
	}
}

// read reads until the end of the file, or until the buffer is full. The kernel gives an attribute in one piece: its second answer
// would be the end, so that a text that leaves room needs no second call.
func read(fd int, buffer []byte) (int, error) {
	if len(buffer) == 0 {
		return 0, nil
	}
	for {
		n, _, errno := syscall.Syscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&buffer[0])), uintptr(len(buffer)))
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
