package abi

import (
	"fmt"
	"runtime"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// release is the first two numbers of a kernel's version.
type release struct{ major, minor int }

func (r release) before(s release) bool {
	return r.major < s.major || r.major == s.major && r.minor < s.minor
}

// kernelHere returns the release of the running kernel.
func kernelHere() release {
	GinkgoHelper()
	var u unix.Utsname
	check.NoError(unix.Uname(&u))
	var r release
	text := unix.ByteSliceToString(u.Release[:])
	_, err := fmt.Sscanf(text, "%d.%d", &r.major, &r.minor)
	check.NoError(err, text)
	return r
}

// floors are the oldest kernels of the Go ports: go.dev/wiki/MinimumRequirements, and Go 1.19's release notes for loong64.
var floors = map[string]release{"amd64": {3, 2}, "arm64": {3, 2}, "loong64": {5, 19}}

func kernels() {
	It("is new enough for the Go port", func() {
		floor, known := floors[runtime.GOARCH]
		if !known {
			check.Skip(record.Sayf("no floor is listed for %s", "未列出 %s 的内核下限", runtime.GOARCH))
		}
		if runtime.GOARCH == "loong64" {
			floor = worldHere().floor
		}
		here := check.Gather("release of the kernel", func() release {
			check.NeedsKernel(record.Say("it answers with the host's release", "它报告的是宿主机的内核版本"))
			return kernelHere()
		})
		Expect(here.before(floor)).To(BeFalse(), "kernel %v, floor %v", here, floor)
	})
	It("names the architecture in uname", func() {
		var u unix.Utsname
		check.NoError(unix.Uname(&u))
		machine := map[string]string{"amd64": "x86_64", "arm64": "aarch64", "loong64": "loongarch64"}
		if want, known := machine[runtime.GOARCH]; known {
			Expect(check.Fact("architecture in uname", unix.ByteSliceToString(u.Machine[:]))).To(Equal(want))
		}
	})
	It("counts process time in 100 ticks a second", func() {
		ticks := value(atClockTick)
		check.Observe("AT_CLKTCK", ticks)
		Expect(ticks).To(BeEquivalentTo(100))
	})
}

// newCall is a system call that newer kernels have, with arguments that change nothing.
type newCall struct {
	name   string
	number uintptr
	since  release
	args   [6]uintptr
	want   unix.Errno // the expected error; 0: it succeeds
	option string     // the kernel's build option that the call needs, if any
}

// answer returns the kernel's to the call; the spec is skipped where the kernel is older than it.
func (call newCall) answer() unix.Errno {
	GinkgoHelper()
	check.NeedsKernel(record.Sayf("it implements %s, or not, itself", "%s 由它自己实现或不实现", call.name))
	if kernelHere().before(call.since) {
		check.Skip(record.Sayf("it came with Linux %d.%d", "自 Linux %d.%d 起才有", call.since.major, call.since.minor))
	}
	_, _, errno := unix.Syscall6(call.number, call.args[0], call.args[1], call.args[2], call.args[3], call.args[4], call.args[5])
	check.SkipUnlessKernelAnswered(errno)
	if errno == unix.ENOSYS && call.option != "" {
		check.Skip(record.Sayf("the kernel is built without %s", "内核编译时未启用 %s", call.option))
	}
	return errno
}

func numbers() {
	for _, call := range newCalls() {
		It(call.name+" is there from its kernel on", func() {
			Expect(check.Gather("answer to "+call.name, call.answer)).To(Equal(call.want))
		})
	}
	It("open and epoll_wait are only there on amd64", func() {
		if runtime.GOARCH == "amd64" {
			_, _, errno := unix.Syscall(2, 1, 0, 0)
			check.SkipUnlessKernelAnswered(errno)
			Expect(check.Fact("answer to open", errno)).To(Equal(unix.EFAULT), "open")
			_, _, errno = unix.Syscall6(232, 1<<30, 1, 1, 0, 0, 0)
			check.SkipUnlessKernelAnswered(errno)
			Expect(check.Fact("answer to epoll_wait", errno)).To(Or(Equal(unix.EBADF), Equal(unix.EFAULT)), "epoll_wait")
			return
		}
		for name, number := range map[string]uintptr{"open": 1024, "epoll_wait": 1069} { // the generic table's retired numbers
			_, _, errno := unix.Syscall6(number, 0, 0, 0, 0, 0, 0)
			check.SkipUnlessKernelAnswered(errno)
			Expect(check.Fact("answer to "+name, errno)).To(Equal(unix.ENOSYS), name)
		}
	})
	It("getrlimit is absent on new-world loong64 alone", func() {
		number := uintptr(163)
		if runtime.GOARCH == "amd64" {
			number = 97
		}
		_, _, errno := unix.Syscall(number, unix.RLIMIT_NOFILE, 1, 0)
		check.SkipUnlessKernelAnswered(errno)
		observeWorld("getrlimit", errno.Error())
		Expect(check.Fact("answer to getrlimit", errno)).To(Equal(worldHere().getrlimit), "ABI world %q", worldHere().name)
	})
	It("rt_sigprocmask takes a signal set of 8 bytes and no other", func() {
		n := numbersHere()
		var set [2]uint64
		world := worldHere()
		observeWorld("bytes of a signal set", world.set)
		for _, size := range []uintptr{4, 8, 16} {
			want := unix.EINVAL
			if size == world.set {
				want = 0
			}
			_, _, errno := unix.RawSyscall6(n.sigprocmask, 0, 0, uintptr(unsafe.Pointer(&set[0])), size, 0, 0)
			Expect(check.Fact(fmt.Sprintf("answer to a signal set of %d bytes", size), errno)).To(Equal(want), "size %d, ABI world %q", size, world.name)
		}
	})
}
