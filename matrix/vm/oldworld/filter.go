//go:build linux && loong64

package oldworld

import "golang.org/x/sys/unix"

// Instructions and answers of a seccomp filter (include/uapi/linux/{bpf_common,seccomp}.h).
const (
	load        = 0x20 // BPF_LD|BPF_W|BPF_ABS
	jumpEqual   = 0x15
	jumpAtLeast = 0x35
	give        = 0x06 // BPF_RET
	toTracer    = 0x7ff00000
	allow       = 0x7fff0000
	fail        = 0x00050000 // with an error number
)

// argument is the offset of a system call's argument in struct seccomp_data, its lower half.
func argument(n int) uint32 { return uint32(16 + 8*n) }

// filter returns the program that sends to the tracer what it answers or changes, refuses what 4.19.190 does not have,
// and allows the rest.
func filter() []unix.SockFilter {
	program := []unix.SockFilter{{Code: load, K: 0}} // the number
	for _, number := range []uint32{sysPselect6, sysSignalfd4, sysSigaltstack, sysSigsuspend, sysSigaction, sysSigprocmask,
		sysSigpending, sysTimedwait, sysSigreturn, sysUname, sysGetrlimit, sysSetrlimit, sysClone, sysClone3} {
		program = append(program, unix.SockFilter{Code: jumpEqual, Jf: 1, K: number}, unix.SockFilter{Code: give, K: toTracer})
	}
	program = append(program, withMask(sysEpollPwait, 4)...)
	program = append(program, withMask(sysPpoll, 3)...)
	program = append(program, refuses(sysWaitid, 0, 3)...)           // P_PIDFD, Linux 5.4
	program = append(program, refuses(sysPrctl, 0, 0x53564d41)...)   // PR_SET_VMA, Linux 5.17
	program = append(program, refusesFrom(sysMadvise, 2, 20, 99)...) // MADV_COLD and later, Linux 5.4; MADV_HWPOISON is 100
	return append(program,
		unix.SockFilter{Code: jumpAtLeast, Jf: 1, K: sysRseq + 1}, unix.SockFilter{Code: give, K: fail | uint32(unix.ENOSYS)},
		unix.SockFilter{Code: give, K: allow})
}

// withMask sends a system call to the tracer when an argument, the pointer to a signal set, is not nil.
func withMask(number uint32, n int) []unix.SockFilter {
	return []unix.SockFilter{
		{Code: jumpEqual, Jf: 6, K: number},
		{Code: load, K: argument(n)}, {Code: jumpEqual, Jf: 2, K: 0},
		{Code: load, K: argument(n) + 4}, {Code: jumpEqual, Jt: 1, K: 0},
		{Code: give, K: toTracer}, {Code: give, K: allow},
	}
}

// refuses gives EINVAL for a system call with one value of an argument.
func refuses(number uint32, n int, value uint32) []unix.SockFilter {
	return []unix.SockFilter{
		{Code: jumpEqual, Jf: 4, K: number}, {Code: load, K: argument(n)}, {Code: jumpEqual, Jf: 1, K: value},
		{Code: give, K: fail | uint32(unix.EINVAL)}, {Code: give, K: allow},
	}
}

// refusesFrom gives EINVAL for a system call with a value of an argument from low to high.
func refusesFrom(number uint32, n int, low, high uint32) []unix.SockFilter {
	return []unix.SockFilter{
		{Code: jumpEqual, Jf: 5, K: number}, {Code: load, K: argument(n)},
		{Code: jumpAtLeast, Jf: 2, K: low}, {Code: jumpAtLeast, Jt: 1, K: high + 1},
		{Code: give, K: fail | uint32(unix.EINVAL)}, {Code: give, K: allow},
	}
}
