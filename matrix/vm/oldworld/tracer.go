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
	root    int // the program's process
	threads map[int]*thread
	early   map[int]bool // stopped before the event that announces them
	log     io.Writer    // what could not be simulated
	shifted uint64       // added to the registers' place in a frame: a wrong layout, for tests
}

// thread is one thread of a traced process.
type thread struct {
	tid     int
	actions *actions
	ret     *uint64 // the vDSO's rt_sigreturn, by process image
	alt     altStack
	mask    uint64 // signals 65 to 128
	program bool   // it has become the program; until then it is the tracer's own code, of the new world
	started bool
	atExit  func(*registers) bool // called when the system call has ended; true: write the registers
}

// Options of ptrace(2): system call stops are marked; fork, vfork, clone, exec and seccomp are events; the tracees end
// with their tracer.
const traceOptions = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x80 | 0x100000

// Events of ptrace(2).
const (
	eventFork    = 1
	eventVfork   = 2
	eventClone   = 3
	eventExec    = 4
	eventSeccomp = 7
)

// run serves stops until the program has ended, and returns how it ended.
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
			delete(t.early, tid)
			if tid == t.root {
				return status, nil
			}
			continue
		}
		if !status.Stopped() {
			continue
		}
		if th := t.threads[tid]; th != nil {
			t.stopped(th, status)
		} else {
			t.early[tid] = true
		}
	}
}

// stopped serves one stop of a thread, and lets it go on.
func (t *tracer) stopped(th *thread, status syscall.WaitStatus) {
	signal, event := status.StopSignal(), int(status)>>16
	switch {
	case !th.started && signal == unix.SIGSTOP:
		th.started = true
		if th.tid == t.root {
			t.note(ptrace(ptraceSetOptions, th.tid, 0, traceOptions), "options")
		}
		signal = 0
	case event == eventFork, event == eventVfork, event == eventClone:
		var child uint64
		t.note(ptrace(ptraceGetEvent, th.tid, 0, uintptr(unsafe.Pointer(&child))), "child")
		t.born(th, int(child))
		signal = 0
	case event == eventExec:
		*th = thread{tid: th.tid, actions: &actions{}, ret: new(uint64), mask: th.mask, started: true, program: true}
		t.note(th.executed(), "exec")
		signal = 0
	case event == eventSeccomp:
		if th.program {
			t.note(t.enter(th), "system call")
		}
		signal = 0
	case signal == unix.SIGTRAP|0x80:
		t.note(th.left(), "end of a system call")
		signal = 0
	case event != 0:
		signal = 0
	default:
		signal = t.deliver(th, signal)
	}
	th.resume(signal)
}

// resume lets a thread go on, to the end of its system call where that is waited for.
func (th *thread) resume(signal syscall.Signal) {
	request := ptraceCont
	if th.atExit != nil {
		request = ptraceSyscall
	}
	ptrace(request, th.tid, 0, uintptr(signal)) // ESRCH: it has been killed meanwhile, and its status follows
}

// left calls what waits for the end of the system call.
func (th *thread) left() error {
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

// born adds a new thread, or the first of a new process.
func (t *tracer) born(parent *thread, tid int) {
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
	if t.early[tid] {
		delete(t.early, tid)
		th.started = true
		th.resume(0)
	}
}

// note writes what could not be done to the log. A thread that was killed meanwhile is none of it.
func (t *tracer) note(err error, what string) {
	if err != nil && err != unix.ESRCH {
		fmt.Fprintf(t.log, "simulated old world: %s: %v\n", what, err)
	}
}
