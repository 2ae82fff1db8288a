//go:build linux && loong64

package oldworld

import (
	"fmt"
	"io"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tracer holds the threads of the program and of all its children.
type tracer struct {
	root        int // the program's process
	threads     map[int]*thread
	unannounced map[int]bool // threads that stopped before the event that announces them
	log         io.Writer    // for what could not be simulated
	layoutShift uint64       // added to the offset of the registers in a frame; not 0 only in tests
}

// thread is one thread of a traced process.
type thread struct {
	tid     int
	actions *actions
	ret     *uint64 // address of rt_sigreturn in the vDSO; threads of a process share it
	alt     altStack
	mask    uint64 // signals 65 to 128
	program bool   // it has executed the program; before that it runs this program's own code, which is of the new world
	started bool
	atExit  func(*registers) bool // called when the system call has ended; if it returns true the registers are written
}

// Options of ptrace(2): system call stops are marked; fork, vfork, clone, exec and seccomp are events; the kernel kills the
// traced processes when the tracer ends.
const traceOptions = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x80 | 0x100000

// Events of ptrace(2).
const (
	eventFork    = 1
	eventVfork   = 2
	eventClone   = 3
	eventExec    = 4
	eventSeccomp = 7
)

// run handles stops until the program has ended, and returns its wait status.
func (t *tracer) run() (syscall.WaitStatus, error) {
	const anyThread = 0x40000000 // __WALL
	for {
		var status syscall.WaitStatus
		tid, err := syscall.Wait4(-1, &status, anyThread, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("wait: %w", err)
		}
		if status.Exited() || status.Signaled() {
			delete(t.threads, tid)
			delete(t.unannounced, tid)
			if tid == t.root {
				return status, nil
			}
			continue
		}
		if !status.Stopped() {
			continue
		}
		if th := t.threads[tid]; th != nil {
			t.handleStop(th, status)
		} else {
			t.unannounced[tid] = true
		}
	}
}

// handleStop handles one stop of a thread and resumes it.
func (t *tracer) handleStop(th *thread, status syscall.WaitStatus) {
	signal, event := status.StopSignal(), int(status)>>16
	switch {
	case !th.started && signal == unix.SIGSTOP:
		th.started = true
		if th.tid == t.root {
			t.logError(ptrace(ptraceSetOptions, th.tid, 0, traceOptions), "options")
		}
		signal = 0
	case event == eventFork, event == eventVfork, event == eventClone:
		var child uint64
		t.logError(ptrace(ptraceGetEvent, th.tid, 0, uintptr(unsafe.Pointer(&child))), "child")
		t.addThread(th, int(child))
		signal = 0
	case event == eventExec:
		*th = thread{tid: th.tid, actions: &actions{}, ret: new(uint64), mask: th.mask, started: true, program: true}
		t.logError(th.prepareImage(), "exec")
		signal = 0
	case event == eventSeccomp:
		if th.program {
			t.logError(t.enterSyscall(th), "system call")
		}
		signal = 0
	case signal == unix.SIGTRAP|0x80:
		t.logError(th.finishSyscall(), "end of a system call")
		signal = 0
	case event != 0:
		signal = 0
	default:
		signal = t.deliver(th, signal)
	}
	th.resume(signal)
}

// resume continues a thread, up to the end of its system call if atExit is set.
func (th *thread) resume(signal syscall.Signal) {
	request := ptraceCont
	if th.atExit != nil {
		request = ptraceSyscall
	}
	ptrace(request, th.tid, 0, uintptr(signal)) // ESRCH means that it was killed; its wait status follows
}

// finishSyscall calls atExit after the end of a system call.
func (th *thread) finishSyscall() error {
	after := th.atExit
	th.atExit = nil
	if after == nil {
		return nil
	}
	r, err := getRegisters(th.tid)
	if err != nil || !after(&r) {
		return err
	}
	return setRegisters(th.tid, &r)
}

// addThread adds a thread that clone has created, which may be the first of a new process.
func (t *tracer) addThread(parent *thread, tid int) {
	var flags uint64
	if r, err := getRegisters(parent.tid); err == nil {
		flags = r.origA0
		if r.r[11] == sysClone3 {
			flags, _ = readWord(parent.tid, r.origA0)
		}
	}
	th := &thread{tid: tid, actions: parent.actions, ret: parent.ret, mask: parent.mask, program: parent.program}
	if flags&unix.CLONE_SIGHAND == 0 {
		own := *parent.actions
		th.actions = &own
	}
	if flags&unix.CLONE_VM == 0 || flags&unix.CLONE_VFORK != 0 {
		th.alt = parent.alt
	}
	t.threads[tid] = th
	if t.unannounced[tid] {
		delete(t.unannounced, tid)
		th.started = true
		th.resume(0)
	}
}

// logError logs an action that failed. ESRCH is not logged: it means that the thread was killed.
func (t *tracer) logError(err error, action string) {
	if err != nil && err != unix.ESRCH {
		fmt.Fprintf(t.log, "simulated old world: %s: %v\n", action, err)
	}
}
