package abi

import (
	"os"
	"runtime"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// callNumbers are system call numbers, written here and not taken from a library, which is checked by them.
type callNumbers struct{ openat, read, close, getpid, kernelSigaction, sigprocmask, sigaltstack uintptr }

// generic numbers: include/uapi/asm-generic/unistd.h, for arm64 and loong64. amd64: arch/x86/entry/syscalls/syscall_64.tbl.
var (
	generic    = callNumbers{openat: 56, read: 63, close: 57, getpid: 172, kernelSigaction: 134, sigprocmask: 135, sigaltstack: 132}
	numbersFor = map[string]callNumbers{
		"amd64":   {openat: 257, read: 0, close: 3, getpid: 39, kernelSigaction: 13, sigprocmask: 14, sigaltstack: 131},
		"arm64":   generic,
		"loong64": generic,
	}
)

// numbersHere returns the system call numbers of this architecture. If none are listed, the spec is skipped.
func numbersHere() callNumbers {
	n, known := numbersFor[runtime.GOARCH]
	if !known {
		check.Skip(record.Sayf("no system call numbers are listed for %s", "未列出 %s 的系统调用号", runtime.GOARCH))
	}
	return n
}

// atCWD is AT_FDCWD in the width of a register.
const atCWD = ^uintptr(99)

// opened checks the answer to an openat of /proc/self/exe. If /proc is not mounted, the spec is skipped.
func opened(errno unix.Errno) {
	GinkgoHelper()
	if errno == unix.ENOENT {
		check.Skip(record.Say("/proc is not mounted here", "此处未挂载 /proc"))
	}
	if errno != 0 {
		check.NoError(errno)
	}
}

func calls() {
	It("openat, read and close answer by number", func() {
		n := numbersHere()
		path, magic := []byte("/proc/self/exe\x00"), make([]byte, 4)
		fd, _, errno := unix.Syscall6(n.openat, atCWD, uintptr(unsafe.Pointer(&path[0])), unix.O_RDONLY|unix.O_CLOEXEC, 0, 0, 0)
		opened(errno)
		got, _, errno := unix.Syscall(n.read, fd, uintptr(unsafe.Pointer(&magic[0])), uintptr(len(magic)))
		Expect(check.Fact("answer to read by number", errno)).To(BeZero())
		Expect(check.Fact("bytes read by number", got)).To(BeEquivalentTo(4))
		Expect(check.Fact("what was read by number", string(magic))).To(Equal("\x7fELF"))
		_, _, errno = unix.Syscall(n.close, fd, 0, 0)
		Expect(check.Fact("answer to close by number", errno)).To(BeZero())
	})
	It("getpid answers by number", func() {
		pid, _, _ := unix.RawSyscall(numbersHere().getpid, 0, 0, 0)
		Expect(check.Fact("process by number", int(pid))).To(Equal(os.Getpid()))
	})
	It("a path at an odd address is as good as any", func() {
		n := numbersHere()
		path := []byte("x/proc/self/exe\x00")
		fd, _, errno := unix.Syscall6(n.openat, atCWD, uintptr(unsafe.Pointer(&path[1])), unix.O_RDONLY|unix.O_CLOEXEC, 0, 0, 0)
		opened(check.Fact("answer to openat of a path at an odd address", errno))
		check.NoError(unix.Close(int(fd)))
	})
	It("read into an address without access is EFAULT and no signal", func() {
		f := tempFile([]byte("content"))
		_, err := f.Seek(0, 0)
		check.NoError(err)
		_, _, errno := unix.Syscall(numbersHere().read, f.Fd(), 1, 4)
		Expect(check.Fact("answer to read into an address without access", errno)).To(Equal(unix.EFAULT))
	})
	It("close of what is not open is EBADF", func() {
		_, _, errno := unix.Syscall(numbersHere().close, 1<<30, 0, 0)
		Expect(check.Fact("answer to close of what is not open", errno)).To(Equal(unix.EBADF))
	})
	It("a number that no kernel has is ENOSYS", func() {
		_, _, errno := unix.Syscall(4000, 0, 0, 0)
		check.SkipUnlessKernelAnswered(errno)
		Expect(check.Fact("answer to a number that no kernel has", errno)).To(Equal(unix.ENOSYS))
	})
	errorNumbers()
}
