package abi

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// newCalls returns calls that no other spec makes, each with arguments that the kernel refuses before it changes anything.
// Numbers: include/uapi/asm-generic/unistd.h for arm64 and loong64, arch/x86/entry/syscalls/syscall_64.tbl for amd64; from 424
// on they are the same on every architecture.
func newCalls() []newCall {
	number := func(amd64, generic uintptr) uintptr {
		if runtime.GOARCH == "amd64" {
			return amd64
		}
		return generic
	}
	const none = ^uintptr(0) // no descriptor
	type args = [6]uintptr
	first := release{2, 6}
	return []newCall{
		{"memfd_create", number(319, 279), release{3, 17}, args{1}, unix.EFAULT, "CONFIG_MEMFD_CREATE"},
		{"statx", number(332, 291), release{4, 11}, args{atCWD, 1}, unix.EFAULT, ""},
		{"rseq", number(334, 293), release{4, 18}, args{0, 1}, unix.EINVAL, "CONFIG_RSEQ"},
		{"pidfd_open", 434, release{5, 3}, args{}, unix.EINVAL, ""},
		{"clone3", 435, release{5, 3}, args{}, unix.EINVAL, ""},
		{"close_range", 436, release{5, 9}, args{1 << 30, 1 << 30}, 0, ""},
		{"openat2", 437, release{5, 6}, args{atCWD}, unix.EINVAL, ""},
		{"faccessat2", 439, release{5, 8}, args{atCWD, 1}, unix.EFAULT, ""},

		{"dup3", number(292, 24), release{2, 7}, args{}, unix.EINVAL, ""},
		{"pipe2", number(293, 59), first, args{1}, unix.EFAULT, ""},
		{"eventfd2", number(290, 19), first, args{0, 2}, unix.EINVAL, "CONFIG_EVENTFD"},
		{"epoll_create1", number(291, 20), first, args{1}, unix.EINVAL, ""},
		{"inotify_init1", number(294, 26), first, args{1}, unix.EINVAL, "CONFIG_INOTIFY_USER"},
		{"signalfd4", number(289, 74), first, args{none, 1, 4}, unix.EINVAL, "CONFIG_SIGNALFD"},
		{"timerfd_create", number(283, 85), first, args{99}, unix.EINVAL, "CONFIG_TIMERFD"},
		{"fallocate", number(285, 47), first, args{none, 0, 0, 1}, unix.EBADF, ""},
		{"preadv", number(295, 69), first, args{none}, unix.EBADF, ""},
		{"copy_file_range", number(326, 285), release{4, 5}, args{none, 0, none, 0, 1}, unix.EBADF, ""},
		{"splice", number(275, 76), first, args{none, 0, none, 0, 1, 1 << 20}, unix.EINVAL, ""},
		{"tee", number(276, 77), first, args{none, none, 1, 1 << 20}, unix.EINVAL, ""},
		{"renameat2", number(316, 276), release{3, 15}, args{atCWD, 1, atCWD, 1, 1 << 20}, unix.EINVAL, ""},
		{"linkat", number(265, 37), first, args{atCWD, 1, atCWD, 1, 1 << 20}, unix.EINVAL, ""},
		{"unlinkat", number(263, 35), first, args{atCWD, 1, 1 << 20}, unix.EINVAL, ""},
		{"utimensat", number(280, 88), first, args{atCWD, 1}, unix.EFAULT, ""},
		{"getrandom", number(318, 278), release{3, 17}, args{1, 1, 1 << 20}, unix.EINVAL, ""},
		{"execveat", number(322, 281), release{3, 19}, args{atCWD, 1}, unix.EFAULT, ""},
		{"membarrier", number(324, 283), release{4, 3}, args{1 << 30}, unix.EINVAL, "CONFIG_MEMBARRIER"},
		{"mlock2", number(325, 284), release{4, 4}, args{0, 0, 1 << 20}, unix.EINVAL, ""},
		{"mremap", number(25, 216), first, args{0, 0, 0, 1 << 20}, unix.EINVAL, ""},
		{"mincore", number(27, 232), first, args{1, 1, 1}, unix.EINVAL, ""},
		{"madvise", number(28, 233), first, args{0, 1, 9999}, unix.EINVAL, "CONFIG_ADVISE_SYSCALLS"},
		{"prlimit64", number(302, 261), first, args{0, 99}, unix.EINVAL, ""},
		{"process_vm_readv", number(310, 270), release{3, 2}, args{1, 0, 0, 0, 0, 1}, unix.EINVAL, "CONFIG_CROSS_MEMORY_ATTACH"},
		{"sched_getattr", number(315, 275), release{3, 14}, args{0, 1, 1}, unix.EINVAL, ""},
		{"sched_setattr", number(314, 274), release{3, 14}, args{}, unix.EINVAL, ""},
		{"seccomp", number(317, 277), release{3, 17}, args{99}, unix.EINVAL, "CONFIG_SECCOMP"},
		{"futex", number(202, 98), first, args{1, 1, 1}, unix.EINVAL, ""},
		{"set_robust_list", number(273, 99), first, args{0, 1}, unix.EINVAL, ""},
		{"clock_nanosleep", number(230, 115), first, args{99}, unix.EINVAL, ""},
		{"getcpu", number(309, 168), first, args{1}, unix.EFAULT, ""},
		{"waitid", number(247, 95), first, args{99}, unix.EINVAL, ""},
		{"tgkill", number(234, 131), first, args{}, unix.EINVAL, ""},
		{"timer_create", number(222, 107), first, args{99}, unix.EINVAL, "CONFIG_POSIX_TIMERS"},
		{"accept4", number(288, 242), first, args{none}, unix.EBADF, "CONFIG_NET"},
		{"recvmmsg", number(299, 243), first, args{none, 0, 0, 0, 1}, unix.EFAULT, "CONFIG_NET"},
		{"ppoll", number(271, 73), first, args{0, 1 << 30}, unix.EINVAL, ""},
		{"name_to_handle_at", number(303, 264), first, args{atCWD, 1, 1, 1, 1 << 20}, unix.EINVAL, "CONFIG_FHANDLE"},
		{"syncfs", number(306, 267), first, args{none}, unix.EBADF, ""},
		{"setns", number(308, 268), release{3, 0}, args{none}, unix.EBADF, ""},
		{"pidfd_send_signal", 424, release{5, 1}, args{none, 0, 0, 1 << 20}, unix.EINVAL, ""},
		{"io_uring_setup", 425, release{5, 1}, args{1, 1}, unix.EFAULT, "CONFIG_IO_URING"},
		{"pidfd_getfd", 438, release{5, 6}, args{none, 0, 1}, unix.EINVAL, ""},
		{"process_madvise", 440, release{5, 10}, args{none, 0, 0, 0, 1}, unix.EINVAL, "CONFIG_ADVISE_SYSCALLS"},
		{"epoll_pwait2", 441, release{5, 11}, args{none, 0, 1, 1}, unix.EFAULT, ""},
		{"process_mrelease", 448, release{5, 15}, args{none, 1}, unix.EINVAL, ""},
		{"futex_waitv", 449, release{5, 16}, args{0, 0, 1}, unix.EINVAL, ""},
		{"cachestat", 451, release{6, 5}, args{none, 1, 1}, unix.EBADF, "CONFIG_CACHESTAT_SYSCALL"},
		{"fchmodat2", 452, release{6, 6}, args{atCWD, 1, 0, 1 << 20}, unix.EINVAL, ""},
	}
}
