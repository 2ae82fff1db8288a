package abi

import (
	"bytes"
	"runtime"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// written is a structure that the kernel fills, and how many bytes it writes: more would destroy what lies behind it.
type written struct {
	name string
	size map[string]int // by architecture; "" is any other
	call func(into uintptr) unix.Errno
}

func (w written) id() string {
	return "filled by the kernel / " + w.name + " has the size of its headers"
}

func writtenSpecs() {
	for _, w := range writtenStructures() {
		It(w.name+" has the size of its headers", func() {
			want, known := w.size[runtime.GOARCH]
			if !known {
				want, known = w.size[""]
			}
			if !known {
				check.Skip(record.Sayf("%s has no call that fills it", "%s 没有填充它的系统调用", runtime.GOARCH))
			}
			Expect(check.Gather("bytes that the kernel writes of "+w.name, w.bytes)).To(Equal(want))
		})
	}
}

// bytes returns how many bytes the kernel writes: behind them, memory holds what it held before, whatever that was.
func (w written) bytes() int {
	GinkgoHelper()
	check.NeedsKernel(record.Say("it writes the structures itself", "结构由它自己填充"))
	end := 0
	for _, before := range []byte{0x55, 0xaa} {
		memory := bytes.Repeat([]byte{before}, 2048)
		errno := w.call(address(memory))
		check.SkipUnlessKernelAnswered(errno)
		if errno == unix.ENOSYS {
			check.Skip(record.Say("the kernel does not have the call", "内核没有该系统调用"))
		}
		Expect(errno).To(BeZero())
		for i, b := range memory {
			if b != before {
				end = max(end, i+1)
			}
		}
		runtime.KeepAlive(memory)
	}
	return end
}

func writtenStructures() []written {
	number := func(amd64, generic uintptr) uintptr {
		if runtime.GOARCH == "amd64" {
			return amd64
		}
		return generic
	}
	ask := func(amd64, generic uintptr, args func(into uintptr) [5]uintptr) func(uintptr) unix.Errno {
		return func(into uintptr) unix.Errno {
			a := args(into)
			_, _, errno := unix.RawSyscall6(number(amd64, generic), a[0], a[1], a[2], a[3], a[4], 0)
			return errno
		}
	}
	type args = [5]uintptr
	all := func(n int) map[string]int { return map[string]int{"": n} }
	file := func() uintptr { return tempFile([]byte("x")).Fd() }
	set := int(worldHere().set)
	action := map[string]int{"amd64": 24 + set, "arm64": 24 + set, "loong64": 16 + set} // LoongArch has no sa_restorer
	empty := []byte{0}
	return []written{
		{"struct stat", map[string]int{"amd64": 144, "arm64": 128}, ask(5, 80, func(p uintptr) args { return args{file(), p} })},
		{"struct statx", all(256), ask(332, 291, func(p uintptr) args { return args{file(), address(empty), unix.AT_EMPTY_PATH, 0x7ff, p} })},
		{"struct statfs", all(120), ask(138, 44, func(p uintptr) args { return args{file(), p} })},
		{"struct new_utsname", all(390), ask(63, 160, func(p uintptr) args { return args{p} })},
		{"struct sysinfo", all(112), ask(99, 179, func(p uintptr) args { return args{p} })},
		{"struct rusage", all(144), ask(98, 165, func(p uintptr) args { return args{0, p} })},
		{"struct timespec", all(16), ask(228, 113, func(p uintptr) args { return args{1, p} })},
		{"struct timeval", all(16), ask(96, 169, func(p uintptr) args { return args{p} })},
		{"struct timezone", all(8), ask(96, 169, func(p uintptr) args { return args{0, p} })},
		{"struct rlimit64", all(16), ask(302, 261, func(p uintptr) args { return args{0, unix.RLIMIT_NOFILE, 0, p} })},
		{"struct itimerval", all(32), ask(36, 102, func(p uintptr) args { return args{2, p} })},
		{"struct tms", all(32), ask(100, 153, func(p uintptr) args { return args{p} })},
		{"struct sched_param", all(4), ask(143, 121, func(p uintptr) args { return args{0, p} })},
		{"struct sched_attr", all(48), ask(315, 275, func(p uintptr) args { return args{0, p, 48} })},
		{"stack_t", all(24), ask(131, 132, func(p uintptr) args { return args{0, p} })},
		{"sigset_t", all(set), ask(127, 136, func(p uintptr) args { return args{p, uintptr(set)} })},
		{"struct sigaction", action, ask(13, 134, func(p uintptr) args { return args{uintptr(unix.SIGUSR2), 0, p, uintptr(set)} })},
		{"cpu of getcpu", all(4), ask(309, 168, func(p uintptr) args { return args{p} })},
		{"two descriptors of socketpair", all(8), func(into uintptr) unix.Errno {
			_, _, errno := unix.RawSyscall6(number(53, 199), unix.AF_UNIX, unix.SOCK_STREAM, 0, into, 0, 0)
			if ends := (*[2]int32)(pointer(into)); errno == 0 {
				unix.Close(int(ends[0]))
				unix.Close(int(ends[1]))
			}
			return errno
		}},
		{"struct __user_cap_data_struct", all(24), func(into uintptr) unix.Errno {
			header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
			_, _, errno := unix.RawSyscall(number(125, 90), uintptr(unsafe.Pointer(&header)), into, 0)
			return errno
		}},
		{"struct itimerspec", all(32), func(into uintptr) unix.Errno {
			fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC)
			check.NoError(err)
			defer unix.Close(fd)
			_, _, errno := unix.RawSyscall(number(287, 87), uintptr(fd), into, 0)
			return errno
		}},
		{"struct ucred", all(12), func(into uintptr) unix.Errno {
			size := uint32(64)
			_, _, errno := unix.RawSyscall6(number(55, 209), uintptr(socket(unix.SOCK_STREAM)), unix.SOL_SOCKET, unix.SO_PEERCRED,
				into, uintptr(unsafe.Pointer(&size)), 0)
			return errno
		}},
	}
}

// pointer is the address as a pointer.
func pointer(at uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&at)) }
