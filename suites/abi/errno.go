package abi

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// kernelError is an error whose number the kernel gives to provoke: asm-generic/errno.h, which amd64, arm64 and loong64 share;
// others (MIPS, SPARC) do not.
type kernelError struct {
	name    string
	want    unix.Errno
	provoke func() error
}

func (e kernelError) id() string {
	return fmt.Sprintf("system call / error number of %s is %d", e.name, e.want)
}

func errorNumbers() {
	for _, e := range kernelErrors() {
		It(strings.TrimPrefix(e.id(), "system call / "), func() {
			number := check.Gather("error number of "+e.name, func() unix.Errno {
				err := e.provoke()
				check.SkipUnlessKernelAnswered(err)
				var errno unix.Errno
				errors.As(err, &errno)
				return errno
			})
			Expect(int(number)).To(Equal(int(e.want)), "0 is no error")
		})
	}
}

func kernelErrors() []kernelError {
	return append(fileErrors(), otherErrors()...)
}

// fileErrors are those of files and directories.
func fileErrors() []kernelError {
	open := func(path string, flags int) error {
		fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
		if err == nil {
			check.NoError(unix.Close(fd))
		}
		return err
	}
	in := func(name string) string { return filepath.Join(check.TempDir(), name) }
	return []kernelError{
		{"ENOENT", 2, func() error { return open(in("none"), unix.O_RDONLY) }},
		{"ENXIO", 6, func() error {
			path := in("fifo")
			check.NoError(unix.Mkfifo(path, 0o600))
			return open(path, unix.O_WRONLY|unix.O_NONBLOCK)
		}},
		{"EBADF", 9, func() error { return unix.Fsync(1 << 30) }},
		{"EEXIST", 17, func() error { return unix.Mkdir(check.TempDir(), 0o700) }},
		{"ENOTDIR", 20, func() error { return open(tempFile(nil).Name()+"/x", unix.O_RDONLY) }},
		{"EISDIR", 21, func() error { return open(check.TempDir(), unix.O_WRONLY) }},
		{"EINVAL", 22, func() error { _, err := unix.Seek(int(tempFile(nil).Fd()), 0, 99); return err }},
		{"ENOTTY", 25, func() error { _, err := unix.IoctlGetTermios(int(tempFile(nil).Fd()), unix.TCGETS); return err }},
		{"ESPIPE", 29, func() error { r, _ := pipe(); _, err := unix.Seek(r, 0, unix.SEEK_CUR); return err }},
		{"EPIPE", 32, func() error {
			r, w, err := os.Pipe()
			check.NoError(err)
			check.NoError(r.Close())
			_, err = unix.Write(int(w.Fd()), []byte("x"))
			check.NoError(w.Close())
			return err
		}},
		{"ERANGE", 34, func() error { _, err := unix.Getcwd(make([]byte, 1)); return err }},
		{"ENAMETOOLONG", 36, func() error { return open(strings.Repeat("x", 5000), unix.O_RDONLY) }},
		{"ENOTEMPTY", 39, func() error {
			path := in("file")
			check.NoError(os.WriteFile(path, nil, 0o600))
			return unix.Rmdir(filepath.Dir(path))
		}},
		{"ELOOP", 40, func() error {
			path := in("link")
			check.NoError(unix.Symlink(path, path))
			return open(path, unix.O_RDONLY)
		}},
		{"EOVERFLOW", 75, func() error {
			beyond := unix.Flock_t{Type: unix.F_WRLCK, Start: 1<<63 - 1, Len: 10}
			return unix.FcntlFlock(tempFile(nil).Fd(), unix.F_OFD_SETLK, &beyond)
		}},
	}
}

// otherErrors are those of processes, memory and sockets.
func otherErrors() []kernelError {
	futex := func(word *uint32, operation, value uintptr, wait *unix.Timespec) error {
		_, _, errno := unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), operation, value, uintptr(unsafe.Pointer(wait)), 0, 0)
		return asError(errno)
	}
	return []kernelError{
		{"ESRCH", 3, func() error { return unix.Tgkill(os.Getpid(), 1<<30, 0) }},
		{"ECHILD", 10, func() error { return unix.Waitid(unix.P_PID, os.Getpid(), nil, unix.WEXITED|unix.WNOHANG, nil) }},
		{"EAGAIN", 11, func() error { r, _ := pipe(); _, err := unix.Read(r, make([]byte, 1)); return err }},
		{"EFAULT", 14, func() error { _, _, errno := unix.Syscall(unix.SYS_UNAME, 1, 0, 0); return asError(errno) }},
		{"EDEADLK", 35, func() error {
			mine := uint32(unix.Gettid()) // FUTEX_LOCK_PI of what this thread holds
			_, _, errno := unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&mine)), 6, 0, 0, 0, 0)
			return asError(errno)
		}},
		{"ENOSYS", 38, func() error { _, _, errno := unix.Syscall(4000, 0, 0, 0); return asError(errno) }},
		{"ENOTSOCK", 88, func() error { r, _ := pipe(); _, err := unix.Getsockname(r); return err }},
		{"ENOPROTOOPT", 92, func() error {
			_, err := unix.GetsockoptInt(socket(unix.SOCK_STREAM), unix.SOL_SOCKET, 9999)
			return err
		}},
		{"EPROTONOSUPPORT", 93, func() error { _, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 99); return err }},
		{"EOPNOTSUPP", 95, func() error { return unix.Listen(socket(unix.SOCK_DGRAM), 1) }},
		{"EAFNOSUPPORT", 97, func() error { _, err := unix.Socket(1000, unix.SOCK_STREAM, 0); return err }},
		{"EADDRINUSE", 98, func() error {
			one, other := socket(unix.SOCK_STREAM), socket(unix.SOCK_STREAM)
			name := &unix.SockaddrUnix{Name: fmt.Sprintf("@xcmatrix-%d", os.Getpid())} // abstract: no file
			check.NoError(unix.Bind(one, name))
			return unix.Bind(other, name)
		}},
		{"ENOTCONN", 107, func() error { _, err := unix.Getpeername(socket(unix.SOCK_STREAM)); return err }},
		{"ETIMEDOUT", 110, func() error { var word uint32; return futex(&word, 0, 0, &unix.Timespec{Nsec: 1}) }},
		{"ECONNREFUSED", 111, func() error {
			return unix.Connect(socket(unix.SOCK_STREAM), &unix.SockaddrUnix{Name: fmt.Sprintf("@xcmatrix-%d-none", os.Getpid())})
		}},
	}
}

// asError is errno as an error; nil for none.
func asError(errno unix.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}

// pipe returns the two ends of a pipe that does not block. They are closed at the end of the spec.
func pipe() (r, w int) {
	GinkgoHelper()
	var ends [2]int
	check.NoError(unix.Pipe2(ends[:], unix.O_CLOEXEC|unix.O_NONBLOCK))
	DeferCleanup(func() { unix.Close(ends[0]); unix.Close(ends[1]) })
	return ends[0], ends[1]
}

// socket returns a new socket of the family AF_UNIX, which is closed at the end of the spec.
func socket(kind int) int {
	GinkgoHelper()
	fd, err := unix.Socket(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
	check.NoError(err)
	DeferCleanup(unix.Close, fd)
	return fd
}
