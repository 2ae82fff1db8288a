package check

import (
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// notPreempted reports whether goroutines of this process cannot be preempted. A goroutine that loops without calls then blocks
// the process for ever as soon as the garbage collector stops the world: no timer of Go fires any more.
func notPreempted() bool { return strings.Contains(os.Getenv("GODEBUG"), "asyncpreemptoff=1") }

// limitCPUTime has the kernel end this process by SIGVTALRM when it has used d of CPU time on every processor; 0 removes the
// limit. The Go runtime has no part in it. It does nothing if goroutines can be preempted.
func limitCPUTime(d time.Duration) {
	if !notPreempted() {
		return
	}
	var action [4]uint64                   // the kernel's default: the process ends
	for _, set := range []uintptr{8, 16} { // bytes of a signal set in the new and the old ABI world
		_, _, errno := syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(syscall.SIGVTALRM), uintptr(unsafe.Pointer(&action)), 0, set, 0, 0)
		if errno == 0 {
			break
		}
	}
	_, _ = unix.Setitimer(unix.ItimerVirtual, unix.Itimerval{Value: unix.NsecToTimeval(int64(d) * int64(runtime.NumCPU()))})
}
