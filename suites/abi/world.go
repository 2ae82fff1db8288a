package abi

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// abiWorld has the answers of a kernel of one of LoongArch's two ABI worlds. Sources: Linux 5.19 arch/loongarch, and
// loongson-community/areweloongyet docs/world-compat-details for the old world's 4.19, whose valid_signal
// (include/linux/signal.h, 4.19.190) ends at 127, the highest number that an exit status can hold.
type abiWorld struct {
	name      string
	set       uintptr // bytes of a signal set
	signals   uintptr // the highest number of a signal that each kernel has
	none      uintptr // the lowest number that no kernel has
	getrlimit unix.Errno
	untold    []string // features that AT_HWCAP and /proc/cpuinfo do not tell alike
	floor     release
}

var (
	newWorld = abiWorld{name: "new", set: 8, signals: 64, none: 65, getrlimit: unix.ENOSYS, floor: release{5, 19}}
	oldWorld = abiWorld{name: "old", set: 16, signals: 127, none: 129, getrlimit: unix.EFAULT, floor: release{4, 19},
		untold: []string{"cpucfg", "crc32"}} // cpucfg is in cpuinfo alone, crc32 in AT_HWCAP alone
)

// worldHere returns the ABI world of this machine's kernel. It tries a size of signal set: no kernel accepts both sizes.
func worldHere() abiWorld {
	if runtime.GOARCH != "loong64" {
		return abiWorld{name: "", set: 8, signals: 64, none: 65, getrlimit: unix.EFAULT, floor: floors[runtime.GOARCH]}
	}
	var set [2]uint64
	_, _, errno := unix.RawSyscall6(generic.sigprocmask, unix.SIG_BLOCK, 0, uintptr(unsafe.Pointer(&set[0])), oldWorld.set, 0, 0)
	if errno == 0 {
		return oldWorld
	}
	return newWorld
}

// observeWorld records a value that differs between LoongArch's worlds.
func observeWorld(name string, value any) {
	check.ObserveDiffers(name, value, record.Say("LoongArch's old ABI world differs from the new one, and from other architectures",
		"LoongArch 旧世界 ABI 与新世界及其他架构不同"))
}
