package suites

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// confine restricts this process: "nofile=200", "fsize=65536", "processors=1", "tmpfs=size=500k" for the directory
// of temporary files, "over=/sys" for an empty directory over another, "filter" for a container's system call filter.
func confine(how string) error {
	what, value, _ := strings.Cut(how, "=")
	number, _ := strconv.Atoi(value)
	switch what {
	case "":
		return nil
	case "nofile":
		return unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(number), Max: uint64(number)})
	case "fsize":
		return unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: uint64(number), Max: uint64(number)})
	case "tmpfs":
		return mount(os.TempDir(), value)
	case "over":
		return mount(value, "size=500k")
	case "filter":
		return filter()
	case "processors":
		return keepTo(number)
	}
	return fmt.Errorf("%q is not known", how)
}

// mount mounts an empty file system over a directory, for this process only: it has its own mount namespace.
func mount(dir, options string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	flags := uintptr(0)
	if options == "ro" {
		flags, options = unix.MS_RDONLY, ""
	}
	return unix.Mount("tmpfs", dir, "tmpfs", flags, options)
}

// keepTo restricts this process to some of its processors, and executes it again, so that the Go runtime counts only these.
func keepTo(processors int) error {
	if os.Getenv(confineVariable+"_DONE") != "" {
		return nil
	}
	var all, few unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return err
	}
	for n := 0; few.Count() < processors; n++ {
		if all.IsSet(n) {
			few.Set(n)
		}
	}
	if err := unix.SchedSetaffinity(0, &few); err != nil {
		return err
	}
	return unix.Exec("/proc/self/exe", os.Args, append(os.Environ(), confineVariable+"_DONE=1"))
}

// filter installs a filter that answers EPERM to newer system calls and to signals, as the filters of containers do that are older
// than the calls. Unlike these it lists the calls that it denies.
func filter() error {
	denied := []uint32{unix.SYS_CLONE3, unix.SYS_CLOSE_RANGE, unix.SYS_FACCESSAT2, unix.SYS_OPENAT2, unix.SYS_PIDFD_OPEN,
		unix.SYS_PIDFD_SEND_SIGNAL, unix.SYS_MEMFD_CREATE, unix.SYS_STATX, unix.SYS_RSEQ, unix.SYS_KILL, unix.SYS_UNSHARE,
		unix.SYS_IO_URING_SETUP, unix.SYS_PERF_EVENT_OPEN, unix.SYS_BPF, unix.SYS_PTRACE, unix.SYS_GETCPU, unix.SYS_SCHED_SETAFFINITY,
		unix.SYS_INOTIFY_INIT1, unix.SYS_TIMERFD_CREATE, unix.SYS_RENAMEAT2, unix.SYS_COPY_FILE_RANGE,
		unix.SYS_FALLOCATE, unix.SYS_FLOCK, unix.SYS_MLOCK}
	program := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}} // seccomp_data.nr
	refuse := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)}
	for _, number := range denied {
		program = append(program, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: number, Jf: 1}, refuse)
	}
	const newest = 480 // numbers from here on no kernel has, or had when the filter was written
	program = append(program, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: newest, Jf: 1}, refuse,
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	fprog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&fprog))); errno != 0 {
		return errno
	}
	return nil
}
