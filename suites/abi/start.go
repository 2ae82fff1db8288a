package abi

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/cgroup"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/rerun"
)

// inProcess runs a spec of againSpecs in another process, and returns how that ended.
func inProcess(ctx context.Context, spec string, env ...string) *rerun.Result {
	GinkgoHelper()
	return rerun.Spec(ctx, rerun.Options{Item: "abi", Spec: spec, Env: env})
}

// startWays are the ways in which os.StartProcess makes a process: each takes another path through the kernel. change sets what asks for the
// way, and skips the spec where that cannot be had.
var startWays = []struct {
	name   string
	change func(attr *syscall.SysProcAttr)
}{
	{"by vfork", func(*syscall.SysProcAttr) {}},
	{"by vfork with a descriptor of the process", func(attr *syscall.SysProcAttr) { attr.PidFD = new(int) }},
	{"by vfork in a session of its own", func(attr *syscall.SysProcAttr) { attr.Setsid = true }},
	{"by fork in a user namespace of its own", func(attr *syscall.SysProcAttr) { attr.Cloneflags = unix.CLONE_NEWUSER }},
	{"by clone3 in a control group", func(attr *syscall.SysProcAttr) {
		dir, err := os.Open(ownGroup())
		if err != nil {
			check.Skip(record.Say("control groups of the second version are not mounted here", "此处未挂载第二版控制组"))
		}
		DeferCleanup(dir.Close)
		attr.UseCgroupFD, attr.CgroupFD = true, int(dir.Fd())
	}},
}

// ownGroup returns the directory of this process's control group of the second version; "" if there is none.
func ownGroup() string {
	text, _ := os.ReadFile("/proc/self/cgroup")
	for _, m := range cgroup.Memberships(string(text)) {
		if m.Unified() {
			return filepath.Join("/sys/fs/cgroup", m.Path)
		}
	}
	return ""
}

// startAbsent starts a program that is not there, and returns the error, which the new process has sent to this one.
func startAbsent(change func(*syscall.SysProcAttr)) error {
	GinkgoHelper()
	check.NeedsKernel(record.Say("starting processes hangs under some releases", "部分版本在其中启动进程会挂起"))
	attr := &syscall.SysProcAttr{}
	change(attr)
	path := filepath.Join(check.TempDir(), "none")
	_, err := os.StartProcess(path, []string{path}, &os.ProcAttr{Sys: attr})
	cause := errors.Unwrap(err)
	check.SkipUnlessKernelAnswered(cause)
	if attr.Cloneflags|attr.Unshareflags != 0 || attr.UseCgroupFD {
		for _, forbidden := range []error{unix.EPERM, unix.EACCES, unix.ENOSPC, unix.EINVAL, unix.EBADF, unix.EBUSY} {
			if errors.Is(cause, forbidden) {
				check.Skip(record.Sayf("the kernel does not let this process have one: %v", "内核不允许本进程使用：%v", cause))
			}
		}
	}
	return cause
}

// changedByVfork starts programs that are not there, by processes that share this one's memory until then, and returns how many words on the
// stack and on the heap changed.
func changedByVfork() (changed int) {
	GinkgoHelper()
	check.NeedsKernel(record.Say("starting processes hangs under some releases", "部分版本在其中启动进程会挂起"))
	var here [256]uint64
	heap := make([]uint64, len(here))
	for i := range here {
		here[i], heap[i] = uint64(i)^0x5555, uint64(i)^0xaaaa
	}
	for range 20 {
		_, err := os.StartProcess("/nonexistent", []string{"none"}, &os.ProcAttr{})
		check.SkipUnlessKernelAnswered(errors.Unwrap(err))
	}
	for i := range here {
		changed += count(here[i] != uint64(i)^0x5555) + count(heap[i] != uint64(i)^0xaaaa)
	}
	return changed
}

// startsAtOnce starts this program some times at once while others collect garbage, and returns how many of the processes did not tell their id.
func startsAtOnce(ctx context.Context, times int) (wrong int) {
	GinkgoHelper()
	inProcess(ctx, "process").Done() // skips the spec where this process cannot start itself
	end := again(func() int { runtime.GC(); return 1 })
	var bad atomic.Int64
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			defer GinkgoRecover()
			for range times / 4 {
				r := inProcess(ctx, "process").Done()
				bad.Add(int64(count(int(r.Number("process")) != r.State.Pid())))
			}
		})
	}
	all.Wait()
	end()
	return int(bad.Load())
}

// cloneExit makes a process by clone3 with the arguments. The new process ends at once with the status.
//
//go:nosplit
//go:norace
func cloneExit(arguments *[11]uint64, status uintptr) (process uintptr, errno syscall.Errno) {
	process, _, errno = syscall.RawSyscall(435, uintptr(unsafe.Pointer(arguments)), unsafe.Sizeof(*arguments), 0)
	for process == 0 && errno == 0 {
		syscall.RawSyscall(syscall.SYS_EXIT_GROUP, status, 0, 0)
	}
	return process, errno
}

// cloned is how a process ended that clone3 has made: the status that wait4 tells, or waitid by the process's descriptor.
func cloned(descriptor bool) (status int) {
	GinkgoHelper()
	check.NeedsKernel(record.Say("it implements clone3, or not, itself", "clone3 由它自己实现或不实现"))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	fd := int32(-1)
	arguments := &[11]uint64{4: uint64(unix.SIGCHLD)}
	if descriptor {
		arguments[0], arguments[1] = unix.CLONE_PIDFD, uint64(uintptr(unsafe.Pointer(&fd)))
	}
	process, errno := cloneExit(arguments, 7)
	runtime.KeepAlive(&fd)
	if errno != 0 {
		check.SkipUnlessKernelAnswered(errno)
		check.NoError(errno)
	}
	if descriptor {
		defer unix.Close(int(fd))
		var info [32]int32 // siginfo_t
		err := check.RetryEINTR(func() error {
			return unix.Waitid(unix.P_PIDFD, int(fd), (*unix.Siginfo)(unsafe.Pointer(&info)), unix.WEXITED|unix.WNOWAIT, nil)
		})
		status = int(info[6])
		if errors.Is(err, unix.EINVAL) {
			status = -1 // before Linux 5.4
		}
	}
	var end unix.WaitStatus
	check.NoError(check.RetryEINTR(func() error { _, err := unix.Wait4(int(process), &end, 0, nil); return err }))
	switch {
	case status < 0:
		check.Skip(record.Sayf("it came with Linux %d.%d", "自 Linux %d.%d 起才有", 5, 4))
	case !descriptor:
		status = end.ExitStatus()
	}
	return status
}

func starts() {
	for _, w := range startWays {
		It("of what is absent is told "+w.name, func() {
			err := check.Gather("answer to a start "+w.name, func() error { return startAbsent(w.change) })
			Expect(err).To(MatchError(unix.ENOENT))
		})
	}
	It("by vfork leaves the memory of this process as it was", func() {
		Expect(check.Gather("words that vfork changed", changedByVfork)).To(BeZero())
	})
	It("by clone3 ends with the status of the process", func() {
		Expect(check.Gather("status of a process by clone3", func() int { return cloned(false) })).To(Equal(7))
	})
	It("by clone3 gives a descriptor by which the process is waited for", func() {
		Expect(check.Gather("status of a process by its descriptor", func() int { return cloned(true) })).To(Equal(7))
	})
	It("of this program works at the same time as others, while garbage is collected", check.Within(2*time.Minute), func(ctx SpecContext) {
		Expect(check.Gather("processes at the same time that did not tell their id", func() int { return startsAtOnce(ctx, 4) })).To(BeZero())
	})
	It("of this program works 200 times while garbage is collected", check.Deep(), check.Within(10*time.Minute), func(ctx SpecContext) {
		Expect(check.Gather("processes of 200 that did not tell their id", func() int { return startsAtOnce(ctx, 200) })).To(BeZero())
	})
	cores()
}

// coreSeen is how a process with a core limit ended, and what it left.
type coreSeen struct {
	Signal syscall.Signal
	Dumped bool // says the kernel
	Files  int
	Bytes  int64 // that the largest takes on the disk: the kernel leaves holes for pages of zeros, which no limit counts
}

const (
	coreLimit = 1 << 20
	coreSlack = 64 << 10 // what a file system takes beside a file's content
)

// cores registers the specs of core limits.
func cores() {
	It("of a program that crashes leaves no core where its limit is 0", func(ctx SpecContext) {
		Expect(check.Gather("what a crash with a core limit of 0 left", func() coreSeen { return crashed(ctx, "crash without a core") })).
			To(Equal(coreSeen{Signal: unix.SIGABRT}))
	})
	It("of a program that crashes leaves a core no larger than its limit", func(ctx SpecContext) {
		seen := check.Gather("what a crash with a core limit of 1 MiB left", func() coreSeen {
			pattern := strings.TrimSpace(check.KernelFile("/proc/sys/kernel/core_pattern"))
			if pattern == "" || strings.ContainsAny(pattern, "|/@%") {
				check.Skip(record.Sayf("kernel.core_pattern sends cores elsewhere: %.80s", "kernel.core_pattern 将转储送往别处：%.80s", pattern))
			}
			return crashed(ctx, "crash with a core")
		})
		Expect(seen).To(Equal(coreSeen{Signal: unix.SIGABRT, Dumped: true, Files: 1, Bytes: seen.Bytes}))
		Expect(seen.Bytes).To(And(BeNumerically(">", 0), BeNumerically("<=", coreLimit+coreSlack)))
	})
}

// crashed runs a spec that crashes in a directory of its own.
func crashed(ctx context.Context, spec string) (seen coreSeen) {
	GinkgoHelper()
	dir := check.TempDir()
	r := inProcess(ctx, spec, "TMPDIR="+dir)
	seen.Signal = r.Signal()
	if seen.Signal == 0 {
		r.Done()
	}
	// A pattern that begins with | starts a program, whatever the limit is: core(5).
	if pattern, _ := os.ReadFile("/proc/sys/kernel/core_pattern"); !strings.HasPrefix(string(pattern), "|") {
		seen.Dumped = r.State.Sys().(syscall.WaitStatus).CoreDump()
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*core*"))
	for _, name := range files {
		var st unix.Stat_t
		if unix.Stat(name, &st) == nil {
			seen.Files, seen.Bytes = seen.Files+1, max(seen.Bytes, st.Blocks*512)
		}
	}
	return seen
}
