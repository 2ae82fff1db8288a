//go:build linux && loong64

package oldworld

// Sizes and offsets in bytes of the signal interface of Linux 4.19.190, the old world.
const (
	setBytes   = 16  // sigset_t: 128 signals
	lastSignal = 127 // valid_signal in include/linux/signal.h; an exit status cannot hold 128

	// struct rt_sigframe: u32 rs_ass[4], u32 rs_pad[2], siginfo, ucontext aligned to 32.
	frameInfo    = 24
	frameContext = 160
	frameBytes   = frameContext + contextBytes

	// struct ucontext.
	contextStack = 16 // stack_t
	contextPC    = 64 // uc_mcontext begins: sc_pc
	contextMask  = 5504
	contextBytes = 5632

	// struct sigcontext, from the beginning of ucontext.
	contextRegs   = contextPC + 8
	contextFlags  = contextRegs + 32*8
	contextFCSR   = contextFlags + 4
	contextFCC    = contextPC + 280
	contextVector = contextPC + 320 // 32 registers of 32 bytes

	usedFPU = 1 // sc_flags
)

// Flags of struct sigaction, the same in both worlds.
const (
	onStack      = 0x08000000
	restart      = 0x10000000
	noDefer      = 0x40000000
	resetHandler = 0x80000000

	wasReset = 1 << 63 // not the kernel's: resetHandler has taken effect, which the kernel below has not seen
)

// Flags of stack_t (include/uapi/linux/signal.h).
const (
	stackInUse    = 1 // SS_ONSTACK
	stackDisabled = 2 // SS_DISABLE
)

// Numbers of the system calls whose behaviour differs in the old world (include/uapi/asm-generic/unistd.h).
const (
	sysEpollPwait  = 22
	sysPselect6    = 72
	sysPpoll       = 73
	sysSignalfd4   = 74
	sysWaitid      = 95
	sysSigaltstack = 132
	sysSigsuspend  = 133
	sysSigaction   = 134
	sysSigprocmask = 135
	sysSigpending  = 136
	sysTimedwait   = 137
	sysSigreturn   = 139
	sysUname       = 160
	sysGetrlimit   = 163 // the new world has only prlimit64
	sysSetrlimit   = 164
	sysPrctl       = 167
	sysClone       = 220
	sysMadvise     = 233
	sysPrlimit64   = 261
	sysRseq        = 293 // the last system call of 4.19.190 apart from clone3
	sysClone3      = 435
)

// release is the kernel release that uname returns. Loongnix 20's kernels have releases of this form.
const release = "4.19.0-19-loongson-3"

// action is struct sigaction of the old world.
type action struct {
	handler, flags uint64
	mask           [2]uint64
}

// actions is a table of signal handlers, by signal. The threads of a process share one.
type actions [129]action

// altStack is stack_t.
type altStack struct {
	sp    uint64
	flags int32
	_     int32
	size  uint64
}
