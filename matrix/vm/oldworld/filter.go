//go:build linux && loong64

package oldworld

import "golang.org/x/sys/unix"

// Instructions and return values of a seccomp filter (include/uapi/linux/{bpf_common,seccomp}.h).
const (
	loadOp      = 0x20 // BPF_LD|BPF_W|BPF_ABS
	jumpEqual   = 0x15
	jumpAtLeast = 0x35
	returnOp    = 0x06 // BPF_RET
	toTracer    = 0x7ff00000
	allow       = 0x7fff0000
	fail        = 0x00050000 // plus an error number
)

// argument returns the offset of the lower half of a system call's argument in struct seccomp_data.
func argument(n int) uint32 { return uint32(16 + 8*n) }

// filter returns the seccomp program: it stops system calls that the tracer handles, rejects those that 4.19.190 does not
// have, and allows the others.
func filter() []unix.SockFilter {
	program := []unix.SockFilter{{Code: loadOp, K: 0}} // the number
	for _, number := range []uint32{sysPselect6, sysSignalfd4, sysSigaltstack, sysSigsuspend, sysSigaction, sysSigprocmask,
		sysSigpending, sysTimedwait, sysSigreturn, sysUname, sysGetrlimit, sysSetrlimit, sysClone, sysClone3} {
		program = append(program, unix.SockFilter{Code: jumpEqual, Jf: 1, K: number}, unix.SockFilter{Code: returnOp, K: toTracer})
	}
	program = append(program, withMask(sysEpollPwait, 4)...)
	program = append(program, withMask(sysPpoll, 3)...)
	program = append(program, rejectValue(sysWaitid, 0, 3)...)         // P_PIDFD, Linux 5.4
	program = append(program, rejectValue(sysPrctl, 0, 0x53564d41)...) // PR_SET_VMA, Linux 5.17
	program = append(program, rejectRange(sysMadvise, 2, 20, 99)...)   // MADV_COLD and later, Linux 5.4; MADV_HWPOISON is 100
	return append(program,
		unix.SockFilter{Code: jumpAtLeast, Jf: 1, K: sysRseq + 1}, unix.SockFilter{Code: returnOp, K: fail | uint32(unix.ENOSYS)},
		unix.SockFilter{Code: returnOp, K: allow})
}

// withMask returns the instructions that stop a system call for the tracer if its argument n, the pointer to a signal set, is
// not nil.
func withMask(number uint32, n int) []unix.SockFilter {
	return []unix.SockFilter{
		{Code: jumpEqual, Jf: 6, K: number},
		{Code: loadOp, K: argument(n)}, {Code: jumpEqual, Jf: 2, K: 0},
		{Code: loadOp, K: argument(n) + 4}, {Code: jumpEqual, Jt: 1, K: 0},
		{Code: returnOp, K: toTracer}, {Code: returnOp, K: allow},
	}
}

// rejectValue returns the instructions that fail a system call with EINVAL if its argument n has the value.
func rejectValue(number uint32, n int, value uint32) []unix.SockFilter {
	return []unix.SockFilter{
		{Code: jumpEqual, Jf: 4, K: number}, {Code: loadOp, K: argument(n)}, {Code: jumpEqual, Jf: 1, K: value},
		{Code: returnOp, K: fail | uint32(unix.EINVAL)}, {Code: returnOp, K: allow},
	}
}

// rejectRange returns the instructions that fail a system call with EINVAL if its argument n is between low and high.
func rejectRange(number uint32, n int, low, high uint32) []unix.SockFilter {
	return []unix.SockFilter{
		{Code: jumpEqual, Jf: 5, K: number}, {Code: loadOp, K: argument(n)},
		{Code: jumpAtLeast, Jf: 2, K: low}, {Code: jumpAtLeast, Jt: 1, K: high + 1},
		{Code: returnOp, K: fail | uint32(unix.EINVAL)}, {Code: returnOp, K: allow},
	}
}
