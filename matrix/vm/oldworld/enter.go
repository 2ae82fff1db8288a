//go:build linux && loong64

package oldworld

import (
	"golang.org/x/sys/unix"
)

// call is a system call at its entry.
type call struct {
	*thread
	regs, before registers
	args         [6]uint64
}

// enter serves a system call that the filter sent: it answers it, or changes its arguments and, when it has ended, its
// results.
func (t *tracer) enter(th *thread) error {
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
		if c.takesSet(1) {
			c.after(nil)
		}
	case sysTimedwait, sysPpoll, sysSignalfd4, sysEpollPwait:
		if c.takesSet(map[uint64]int{sysTimedwait: 3, sysPpoll: 4, sysSignalfd4: 2, sysEpollPwait: 5}[number]) {
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
		c.regs.origA0 &^= unix.CLONE_PIDFD // 4.19 does not know the flag, and ignores it
	case sysSigreturn:
		return t.sigreturn(c)
	}
	if c.regs != c.before {
		return setRegisters(c.tid, &c.regs)
	}
	return nil
}

// answer gives the system call a result without the kernel.
func (c *call) answer(result int64) {
	c.regs.r[4] = uint64(result)
	c.regs.r[11] = ^uint64(0) // no system call
}

// takesSet checks the argument that holds the size of a signal set, and puts the size that this kernel takes in its
// place. It answers EINVAL and returns false for any size but the old world's.
func (c *call) takesSet(argument int) bool {
	register := 4 + argument
	if c.regs.r[register] != setBytes {
		c.answer(-int64(unix.EINVAL))
		return false
	}
	c.regs.r[register] = 8
	return true
}

// after restores the argument registers when the system call has ended, and calls more.
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

// sigpending takes any size up to a whole set, as the kernels of both worlds do.
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

// sigprocmask keeps signals 65 to 128 of the mask, which this kernel does not have.
func (c *call) sigprocmask() {
	if !c.takesSet(3) {
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

// sigaction keeps the actions: the tracer needs them to build frames, and answers for signals above 64 itself.
func (c *call) sigaction() {
	if !c.takesSet(3) {
		return
	}
	number, set, old := c.args[0], c.args[1], c.args[2]
	var wanted action
	if set != 0 && readStruct(c.tid, set, &wanted) != nil {
		c.answer(-int64(unix.EFAULT))
		return
	}
	if number > 64 && number <= lastSignal {
		have := c.actions[number]
		if old != 0 {
			writeStruct(c.tid, old, &have)
		}
		if set != 0 {
			c.actions[number] = wanted
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
		}
		if set != 0 {
			c.actions[number] = wanted
		}
	})
}

// pselect's last argument points at a pointer to the set and its size.
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

// sigaltstack remembers the thread's alternate stack, on which frames are built.
func (c *call) sigaltstack() {
	var wanted altStack
	if c.args[0] == 0 || readStruct(c.tid, c.args[0], &wanted) != nil {
		return
	}
	c.after(func(r *registers) {
		if r.r[4] == 0 {
			c.alt = wanted
		}
	})
}

// rlimit turns getrlimit and setrlimit into prlimit64 of the process itself.
func (c *call) rlimit(number uint64) {
	c.regs.r[11], c.regs.origA0, c.regs.r[4], c.regs.r[5], c.regs.r[6], c.regs.r[7] = sysPrlimit64, 0, 0, c.args[0], 0, c.args[1]
	if number == sysSetrlimit {
		c.regs.r[6], c.regs.r[7] = c.args[1], 0
	}
	c.after(nil)
}
