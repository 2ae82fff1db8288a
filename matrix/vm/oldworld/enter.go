//go:build linux && loong64

package oldworld

import (
	"golang.org/x/sys/unix"
)

// call is a system call that the traced program has begun.
type call struct {
	*thread
	regs, before registers
	args         [6]uint64
}

// enterSyscall handles a system call that the seccomp filter stopped: it sets the result itself, or changes the arguments and,
// after the kernel has run it, the results. It returns an error if the registers cannot be read or written.
func (t *tracer) enterSyscall(th *thread) error {
	r, err := getRegisters(th.tid)
	if err != nil {
		return err
	}
	c := &call{thread: th, regs: r, before: r, args: [6]uint64{r.origA0, r.r[5], r.r[6], r.r[7], r.r[8], r.r[9]}}
	switch number := r.r[11]; number {
	case sysSigprocmask:
		c.sigprocmask()
	case sysSigaction:
		c.sigaction()
	case sysSigpending:
		c.sigpending()
	case sysSigsuspend:
		if c.acceptSetSize(1) {
			c.after(nil)
		}
	case sysTimedwait, sysPpoll, sysSignalfd4, sysEpollPwait:
		if c.acceptSetSize(map[uint64]int{sysTimedwait: 3, sysPpoll: 4, sysSignalfd4: 2, sysEpollPwait: 5}[number]) {
			c.after(nil)
		}
	case sysPselect6:
		c.pselect()
	case sysSigaltstack:
		c.sigaltstack()
	case sysUname:
		const releaseOffset = 130
		c.after(func(r *registers) {
			if r.r[4] == 0 {
				writeMemory(c.tid, c.args[0]+releaseOffset, append([]byte(release), 0))
			}
		})
	case sysGetrlimit, sysSetrlimit:
		c.rlimit(number)
	case sysClone:
		c.regs.origA0 &^= unix.CLONE_PIDFD // 4.19 ignores unknown flags
	case sysSigreturn:
		return t.sigreturn(c)
	}
	if c.regs != c.before {
		return setRegisters(c.tid, &c.regs)
	}
	return nil
}

// answer sets the result of the system call; the kernel does not run it.
func (c *call) answer(result int64) {
	c.regs.r[4] = uint64(result)
	c.regs.r[11] = ^uint64(0) // no system call
}

// acceptSetSize replaces the old world's size of a signal set, in the argument with this number, by the size that this kernel
// accepts. For every other size it sets the result EINVAL and returns false.
func (c *call) acceptSetSize(argument int) bool {
	register := 4 + argument
	if c.regs.r[register] != setBytes {
		c.answer(-int64(unix.EINVAL))
		return false
	}
	c.regs.r[register] = 8
	return true
}

// after restores the argument registers when the system call has ended, and then calls more, which may be nil.
func (c *call) after(more func(*registers)) {
	before := c.before
	c.atExit = func(r *registers) bool {
		copy(r.r[5:12], before.r[5:12])
		if more != nil {
			more(r)
		}
		return true
	}
}

// sigpending accepts any size up to that of a whole set, as the kernels of both worlds do.
func (c *call) sigpending() {
	size := c.args[1]
	if size > setBytes {
		c.answer(-int64(unix.EINVAL))
		return
	}
	c.regs.r[5] = min(size, 8)
	c.after(func(r *registers) {
		if r.r[4] == 0 && size > 8 {
			writeMemory(c.tid, c.args[0]+8, make([]byte, size-8))
		}
	})
}

// sigprocmask stores the mask of signals 65 to 128, which this kernel does not have.
func (c *call) sigprocmask() {
	if !c.acceptSetSize(3) {
		return
	}
	how, set, old := c.args[0], c.args[1], c.args[2]
	var upper uint64
	if set != 0 {
		var err error
		if upper, err = readWord(c.tid, set+8); err != nil {
			c.answer(-int64(unix.EFAULT))
			return
		}
	}
	c.after(func(r *registers) {
		if r.r[4] != 0 {
			return
		}
		if old != 0 {
			writeWord(c.tid, old+8, c.mask)
		}
		if set == 0 {
			return
		}
		switch how {
		case unix.SIG_BLOCK:
			c.mask |= upper
		case unix.SIG_UNBLOCK:
			c.mask &^= upper
		case unix.SIG_SETMASK:
			c.mask = upper
		}
	})
}

// sigaction stores the actions, because the tracer builds the frames. For signals above 64 it sets the result without the
// kernel.
func (c *call) sigaction() {
	if !c.acceptSetSize(3) {
		return
	}
	number, set, old := c.args[0], c.args[1], c.args[2]
	var requested action
	if set != 0 && readStruct(c.tid, set, &requested) != nil {
		c.answer(-int64(unix.EFAULT))
		return
	}
	if number > 64 && number <= lastSignal {
		current := c.actions[number]
		if old != 0 {
			writeStruct(c.tid, old, &current)
		}
		if set != 0 {
			c.actions[number] = requested
		}
		c.answer(0)
		return
	}
	c.after(func(r *registers) {
		if r.r[4] != 0 || number == 0 || number > 64 {
			return
		}
		if old != 0 {
			writeWord(c.tid, old+24, c.actions[number].mask[1])
			if c.actions[number].flags&wasReset != 0 {
				writeWord(c.tid, old, 0) // SIG_DFL
			}
		}
		if set != 0 {
			c.actions[number] = requested
		}
	})
}

// pselect changes the size of the signal set. The last argument points to a pair of the set's address and size.
func (c *call) pselect() {
	at := c.args[5]
	if at == 0 {
		return
	}
	set, _ := readWord(c.tid, at)
	size, err := readWord(c.tid, at+8)
	if err != nil || set == 0 {
		return
	}
	if size != setBytes {
		c.answer(-int64(unix.EINVAL))
		return
	}
	writeWord(c.tid, at+8, 8)
	c.after(func(*registers) { writeWord(c.tid, at+8, setBytes) })
}

// sigaltstack stores the thread's alternate stack, on which frames are built.
func (c *call) sigaltstack() {
	var requested altStack
	if c.args[0] == 0 || readStruct(c.tid, c.args[0], &requested) != nil {
		return
	}
	c.after(func(r *registers) {
		if r.r[4] == 0 {
			c.alt = requested
		}
	})
}

// rlimit replaces getrlimit and setrlimit by prlimit64 of the calling process.
func (c *call) rlimit(number uint64) {
	c.regs.r[11], c.regs.origA0, c.regs.r[4], c.regs.r[5], c.regs.r[6], c.regs.r[7] = sysPrlimit64, 0, 0, c.args[0], 0, c.args[1]
	if number == sysSetrlimit {
		c.regs.r[6], c.regs.r[7] = c.args[1], 0
	}
	c.after(nil)
}
