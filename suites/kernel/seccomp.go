package kernel

import (
	"strings"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/ownthread"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// deny installs a filter that answers one system call with an error and allows all others. The filter is for the calling thread,
// until the thread ends. A filter should check the architecture first; this thread runs no code of another one.
func deny(number uintptr, errno unix.Errno) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // seccomp_data.nr
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: uint32(number), Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&program)))
	if e != 0 {
		return e
	}
	return nil
}

// needsFilters skips the spec if no filter can be installed.
func needsFilters() {
	check.NeedsKernel(record.Say("it has no seccomp", "它没有 seccomp"))
	action := uint32(unix.SECCOMP_RET_ERRNO)
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(&action)))
	if errno != 0 {
		check.Skip(record.Sayf("no seccomp filters here: %v", "此处没有 seccomp 过滤器：%v", errno))
	}
}

func filters() {
	It("answers for the kernel on the thread that asked for it, and no other", func() {
		Expect(check.Gather("answer to setsid under a filter", func() error {
			needsFilters()
			err := ownthread.Call(func() error {
				if err := deny(unix.SYS_SETSID, unix.ENOTTY); err != nil {
					return err
				}
				_, _, errno := unix.RawSyscall(unix.SYS_SETSID, 0, 0, 0)
				return errno
			})
			check.SkipUnlessKernelAnswered(err)
			return err
		})).To(MatchError(unix.ENOTTY))
		_, _, errno := unix.RawSyscall(unix.SYS_GETSID, 0, 0, 0)
		Expect(check.Fact("answer to getsid on a thread without it", errno)).To(BeZero())
	})
	// One thread cannot show that a whole program runs without a call. It shows that a running Go program needs none of these.
	// They are named in reports of tests that failed in containers.
	for name, number := range map[string]uintptr{"clone3": unix.SYS_CLONE3, "memfd_create": unix.SYS_MEMFD_CREATE,
		"perf_event_open": unix.SYS_PERF_EVENT_OPEN, "ptrace": unix.SYS_PTRACE, "bpf": unix.SYS_BPF} {
		It("that denies "+name+" stops no goroutine", func() {
			Expect(check.Gather("answer to "+name+" that is denied", func() error {
				needsFilters()
				return ownthread.Call(func() error {
					if err := deny(number, unix.EPERM); err != nil {
						return err
					}
					answers := make(chan int)
					go func() { answers <- len(make([]byte, 1<<20)) }() // on a new thread too, if none is idle
					<-answers
					_, _, errno := unix.RawSyscall(number, 0, 0, 0)
					return errno
				})
			})).To(MatchError(unix.EPERM))
		})
	}
	It("needs no_new_privs of those without privilege", func() {
		Expect(check.Gather("answer to a filter without no_new_privs", func() error {
			needsFilters()
			if unix.Geteuid() == 0 || check.HasCapability(unix.CAP_SYS_ADMIN) || status("NoNewPrivs") == "1" {
				check.Skip(record.Say("this process does not need no_new_privs", "该进程无需此标志"))
			}
			filter := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW}}
			program := unix.SockFprog{Len: 1, Filter: &filter[0]}
			return ownthread.Call(func() error {
				_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&program)))
				return errno
			})
		})).To(MatchError(unix.EACCES))
	})
	It("can kill, trap, trace and allow", func() {
		actions := check.Gather("seccomp actions", func() []string {
			hostsOwn()
			return strings.Fields(sysctl("kernel/seccomp/actions_avail"))
		})
		check.ObserveDiffers("seccomp actions", actions, record.Say("each kernel adds some", "各版本内核有所增加"))
		Expect(actions).To(ContainElements("kill_thread", "trap", "errno", "trace", "allow"))
	})
}
