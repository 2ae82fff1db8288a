// Package oldworld simulates Loongson's old ABI world: on a new-world LoongArch kernel it runs a program as Linux 4.19.190 of
// the old world would.
//
// A tracer (ptrace and a seccomp filter) intercepts system calls and signals of the program:
//
//   - A signal set has 16 bytes. A system call with another size fails with EINVAL; rt_sigpending accepts smaller sizes.
//   - The tracer builds the signal frame in the old layout, and restores the registers from it at rt_sigreturn.
//   - rt_sigaction accepts 127 signals; only the kernel's signals, 1 to 64, are delivered.
//   - A system call that 4.19.190 does not have fails with ENOSYS.
//   - uname returns 4.19, and the vDSO is hidden: Go does not find the symbol version that it looks for in an old-world vDSO.
//
// After a signal with SA_RESETHAND the program reads SIG_DFL as its handler; what a second one would do is not simulated.
//
// It does not simulate the old kernel's defects, its handling of vector registers that are live at rt_sigreturn, and its
// speed. Sources: arch/loongarch/{include/uapi/asm/{signal,sigcontext,ucontext}.h,kernel/signal.c} of 4.19.190
// and loongson-community/areweloongyet, docs/world-compat-details.
package oldworld

// Command is the first argument that makes this program the simulator; a program and its arguments follow.
const Command = "oldworld"
