// Package oldworld is a simulator: it makes a new-world LoongArch kernel answer one program as Loongson's old-world
// Linux 4.19.190 would.
//
// A tracer (ptrace and a seccomp filter) stands between the program and the kernel:
//
//   - A signal set has 16 bytes. A system call that is given another size ends with EINVAL; rt_sigpending takes less.
//   - The tracer builds the signal frame itself, in the old layout, and undoes it at rt_sigreturn.
//   - There are 127 signals for rt_sigaction; the kernel delivers those that it has, 1 to 64.
//   - A system call that 4.19.190 does not have ends with ENOSYS.
//   - uname says 4.19, and the vDSO is out of sight, as Go does not find the version of symbols that it looks for there.
//
// What it does not show: the old kernel's own defects, its handling of vector registers that are live at rt_sigreturn,
// and its speed. Sources: arch/loongarch/{include/uapi/asm/{signal,sigcontext,ucontext}.h,kernel/signal.c} of 4.19.190
// and loongson-community/areweloongyet, docs/world-compat-details.
package oldworld

// Command is the first argument that makes this program the simulator. What follows is a program and its arguments.
const Command = "oldworld"
