//go:build linux && loong64

package oldworld

import (
	"encoding/binary"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Internal error numbers of the kernel for a system call that a signal has interrupted (include/linux/errno.h). They say
// whether the system call is restarted or fails with EINTR.
const (
	restartSys      = 512 // ERESTARTSYS: restarted if the action has SA_RESTART
	restartNoIntr   = 513 // ERESTARTNOINTR: restarted
	restartNoHand   = 514 // ERESTARTNOHAND: EINTR
	restartRestart  = 516 // ERESTART_RESTARTBLOCK: EINTR
	instructionSize = 4
)

// deliver returns the signal that the kernel must deliver. It is 0 if the program has a handler: deliver then builds the signal
// frame and makes the thread continue in the handler.
func (t *tracer) deliver(th *thread, signal syscall.Signal) syscall.Signal {
	if signal < 1 || int(signal) >= len(th.actions) {
		return signal
	}
	a := th.actions[signal]
	const defaultOrIgnore = 1
	if !th.program || a.handler <= defaultOrIgnore {
		if signal == unix.SIGSEGV {
			t.printFaultAddress(th)
		}
		return signal
	}
	var info [128]byte
	if err := ptrace(ptraceGetSiginfo, th.tid, 0, uintptr(unsafe.Pointer(&info[0]))); err != nil {
		return 0 // a group stop, which has no signal
	}
	r, err := getRegisters(th.tid)
	if err != nil {
		return signal
	}
	restartSyscall(&r, a)
	sp := th.frameAddress(r.r[3], a)
	frame := t.frame(th, &r, info)
	if err := writeMemory(th.tid, sp, frame); err != nil {
		th.actions[signal] = action{} // like force_sigsegv in the kernel
		return unix.SIGSEGV
	}
	if err := th.block(signal, a); err != nil {
		t.logError(err, "signal mask")
	}
	if a.flags&resetHandler != 0 {
		th.actions[signal] = action{flags: wasReset}
	}
	r.r[1], r.r[3], r.r[4], r.r[5], r.r[6] = *th.ret, sp, uint64(signal), sp+frameInfo, sp+frameContext
	r.pc = a.handler
	t.logError(setRegisters(th.tid, &r), "registers")
	return 0
}

// restartSyscall makes a system call that the signal has interrupted either fail with EINTR or start again after the handler.
func restartSyscall(r *registers, a action) {
	if r.r[0] == 0 { // the kernel sets it while a system call runs
		return
	}
	r.r[0] = 0
	again := false
	switch -int64(r.r[4]) {
	case restartNoHand, restartRestart:
		r.r[4] = ^uint64(unix.EINTR) + 1
	case restartSys:
		again = a.flags&restart != 0
		if !again {
			r.r[4] = ^uint64(unix.EINTR) + 1
		}
	case restartNoIntr:
		again = true
	}
	if again {
		r.r[4] = r.origA0
		r.pc -= instructionSize
	}
}

// onAltStack reports whether the stack pointer is within the alternate stack.
func (th *thread) onAltStack(sp uint64) bool {
	return th.alt.size != 0 && sp > th.alt.sp && sp-th.alt.sp <= th.alt.size
}

// frameAddress returns the address of the new frame: below the stack pointer, or on the alternate stack.
func (th *thread) frameAddress(sp uint64, a action) uint64 {
	at := sp - 32
	if a.flags&onStack != 0 && th.alt.size != 0 && th.alt.flags&stackDisabled == 0 && !th.onAltStack(sp) {
		at = th.alt.sp + th.alt.size
	}
	return (at - frameBytes) &^ 31
}

// frame returns the old world's struct rt_sigframe.
func (t *tracer) frame(th *thread, r *registers, info [128]byte) []byte {
	f := make([]byte, frameBytes)
	copy(f[frameInfo:], info[:])
	c := f[frameContext:]
	order := binary.LittleEndian
	flags := th.alt.flags
	if th.alt.size == 0 {
		flags = stackDisabled
	} else if th.onAltStack(r.r[3]) {
		flags = stackInUse
	}
	order.PutUint64(c[contextStack:], th.alt.sp)
	order.PutUint32(c[contextStack+8:], uint32(flags))
	order.PutUint64(c[contextStack+16:], th.alt.size)
	order.PutUint64(c[contextPC+t.layoutShift:], r.pc)
	for i := 1; i < 32; i++ {
		order.PutUint64(c[contextRegs+t.layoutShift+8*uint64(i):], r.r[i])
	}
	t.saveFloats(th, c)
	mask, err := signalMask(th.tid)
	t.logError(err, "signal mask")
	order.PutUint64(c[contextMask:], mask)
	order.PutUint64(c[contextMask+8:], th.mask)
	return f
}

// saveFloats writes the floating-point and vector registers into a ucontext.
func (t *tracer) saveFloats(th *thread, c []byte) {
	var p floats
	if err := regset(ptraceGetRegset, th.tid, setFloat, &p); err != nil {
		return
	}
	order := binary.LittleEndian
	order.PutUint32(c[contextFlags:], usedFPU)
	order.PutUint32(c[contextFCSR:], p.fcsr)
	order.PutUint64(c[contextFCC:], p.fcc)
	var v vectors
	if err := regset(ptraceGetRegset, th.tid, setLASX, &v); err == nil { // some processors have no LASX
		for i := range v {
			order.PutUint64(c[contextVector+8*i:], v[i])
		}
	}
	for i := range p.r {
		order.PutUint64(c[contextVector+32*i:], p.r[i])
	}
}

// block adds the action's mask, and the signal itself, to the thread's mask.
func (th *thread) block(signal syscall.Signal, a action) error {
	mask, err := signalMask(th.tid)
	if err != nil {
		return err
	}
	mask |= a.mask[0]
	if a.flags&noDefer == 0 && signal <= 64 {
		mask |= 1 << (uint(signal) - 1)
	}
	th.mask |= a.mask[1]
	return setSignalMask(th.tid, mask)
}

// sigreturn restores the registers from the frame at the stack pointer when the system call ends. It returns an error if the frame
// cannot be read.
func (t *tracer) sigreturn(c *call) error {
	frame := make([]byte, contextBytes)
	if err := readMemory(c.tid, c.regs.r[3]+frameContext, frame); err != nil {
		return err // the kernel's own rt_sigreturn ends the program
	}
	c.regs.r[11] = ^uint64(0)
	c.atExit = func(r *registers) bool {
		t.logError(c.restore(r, frame, t.layoutShift), "rt_sigreturn")
		return true
	}
	return setRegisters(c.tid, &c.regs)
}

// restore sets the registers and the signal mask to those of a ucontext.
func (th *thread) restore(r *registers, c []byte, layoutShift uint64) error {
	order := binary.LittleEndian
	r.pc = order.Uint64(c[contextPC+layoutShift:])
	r.r[0] = 0
	for i := 1; i < 32; i++ {
		r.r[i] = order.Uint64(c[contextRegs+layoutShift+8*uint64(i):])
	}
	th.mask = order.Uint64(c[contextMask+8:])
	if err := setSignalMask(th.tid, order.Uint64(c[contextMask:])); err != nil {
		return err
	}
	if order.Uint32(c[contextFlags:])&usedFPU == 0 {
		return nil
	}
	var v vectors
	for i := range v {
		v[i] = order.Uint64(c[contextVector+8*i:])
	}
	if regset(ptraceGetRegset, th.tid, setLASX, &vectors{}) == nil {
		if err := regset(ptraceSetRegset, th.tid, setLASX, &v); err != nil {
			return err
		}
	}
	var p floats
	for i := range p.r {
		p.r[i] = order.Uint64(c[contextVector+32*i:])
	}
	p.fcc, p.fcsr = order.Uint64(c[contextFCC:]), order.Uint32(c[contextFCSR:])
	return regset(ptraceSetRegset, th.tid, setFloat, &p)
}
