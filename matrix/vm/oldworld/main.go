//go:build linux && loong64

package oldworld

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// traced is the first argument of the child process, which then executes the program.
const traced = "-traced"

// wrongLayout is a first argument for tests: it makes frames hold the registers at the offsets of the new world.
const wrongLayout = "-wrong-layout"

// Main runs PROGRAM ARGUMENT... in the simulated old world and returns its exit status; 2 if it cannot be traced. If a signal ends
// the program, the same signal ends this process.
func Main(args []string, errOut io.Writer) int {
	runtime.LockOSThread() // all ptrace requests must come from one thread
	t := &tracer{threads: map[int]*thread{}, unannounced: map[int]bool{}, log: errOut}
	if len(args) > 0 && args[0] == wrongLayout {
		const newWorldPC = 176
		t.layoutShift, args = newWorldPC-contextPC, args[1:]
	}
	if len(args) > 0 && args[0] == traced {
		fmt.Fprintln(errOut, "xcmatrix: simulated old world:", execTraced(args[1:]))
		return 2
	}
	if len(args) == 0 {
		fmt.Fprintln(errOut, "xcmatrix: usage: xcmatrix oldworld PROGRAM [ARGUMENT...]")
		return 2
	}
	status, err := t.trace(args)
	switch {
	case err != nil:
		fmt.Fprintln(errOut, "xcmatrix: simulated old world:", err)
		return 2
	case status.Signaled():
		die(status.Signal())
	}
	return status.ExitStatus()
}

// trace starts the program, handles its stops until it has ended, and returns its wait status.
func (t *tracer) trace(args []string) (syscall.WaitStatus, error) {
	path, err := exec.LookPath(args[0])
	if err != nil {
		return 0, err
	}
	signal.Ignore(unix.SIGINT, unix.SIGHUP, unix.SIGTERM) // the program gets them too, and decides what happens
	files := []uintptr{0, 1, 2}
	if _, err := unix.FcntlInt(3, unix.F_GETFD, 0); err == nil {
		files = append(files, 3) // the event channel
	}
	pid, err := syscall.ForkExec("/proc/self/exe", append([]string{"xcmatrix", Command, traced, path}, args[1:]...),
		&syscall.ProcAttr{Env: os.Environ(), Files: files})
	if err != nil {
		return 0, err
	}
	if len(files) > 3 {
		unix.Close(3) // otherwise the reader would wait for this process too
	}
	t.root = pid
	t.threads[pid] = &thread{tid: pid, actions: &actions{}, ret: new(uint64)}
	return t.run()
}

// execTraced waits for the tracer, installs the seccomp filter, and executes the program. It returns only if there is an error.
func execTraced(args []string) error {
	if err := ptrace(ptraceTraceme, 0, 0, 0); err != nil {
		return fmt.Errorf("PTRACE_TRACEME: %w", err)
	}
	if err := unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGSTOP); err != nil {
		return err
	}
	program := filter()
	p := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&p)), 0, 0); err != nil {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return err
		}
		if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&p)), 0, 0); err != nil {
			return fmt.Errorf("seccomp filter: %w", err)
		}
	}
	return syscall.Exec(args[0], args, os.Environ())
}

// die ends this process by a signal whose default action it restores first.
func die(signal syscall.Signal) {
	var action struct{ handler, flags, mask uint64 } // layout of the new world: this process itself is not simulated
	syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(signal), uintptr(unsafe.Pointer(&action)), 0, 8, 0, 0)
	unix.Tgkill(os.Getpid(), unix.Gettid(), signal)
	select {}
}

// printFaultAddress prints the address of a fault that ends the program. The coordinator reads it from the output.
func (t *tracer) printFaultAddress(th *thread) {
	var info [128]byte
	if ptrace(ptraceGetSiginfo, th.tid, 0, uintptr(unsafe.Pointer(&info[0]))) == nil {
		fmt.Fprintf(t.log, "simulated old world: SIGSEGV at address %#x\n", binary.LittleEndian.Uint64(info[16:]))
	}
}
