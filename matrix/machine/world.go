package machine

import (
	"debug/elf"
	"io"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Dynamic linkers of LoongArch's two ABI worlds (loongson-community/areweloongyet, docs/old-and-new-worlds.md).
const (
	newWorldLinker = "lib64/ld-linux-loongarch-lp64d.so.1"
	oldWorldLinker = "lib64/ld.so.1"
)

// abiWorld returns the ABI world of a loong64 system; "" on other architectures and if it is unknown. It looks, in this order, at
// the kernel's signal set, which decides whether a Go program runs (first by a system call, then in /proc, because they
// differ in a simulated old world); at the dynamic linker of /bin/sh, because compatibility layers install the other world's
// linker too; at the dynamic linkers that are installed; and at the catalogue. The kernel's release does not tell.
func abiWorld(t tree, host Host, system catalog.System) string {
	if host.GOARCH != "loong64" {
		return ""
	}
	switch host.SignalSet {
	case newWorldSet:
		return catalog.NewWorld
	case oldWorldSet:
		return catalog.OldWorld
	}
	if world := signalSetWorld(t.read("proc/self/status")); world != "" {
		return world
	}
	if world := linkerWorld(interpreter(t, "bin/sh")); world != "" {
		return world
	}
	switch newer, older := t.exists(newWorldLinker), t.exists(oldWorldLinker); {
	case newer && !older:
		return catalog.NewWorld
	case older && !newer:
		return catalog.OldWorld
	}
	return system.ABIWorld
}

// Sizes of a signal set in bytes.
const (
	newWorldSet = 8
	oldWorldSet = 16
)

// signalSet returns the size of a signal set that the kernel accepts, in bytes; 0 if it accepts neither.
func signalSet() int {
	var set [oldWorldSet / 8]uint64
	for _, size := range []int{newWorldSet, oldWorldSet} {
		_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_BLOCK, 0, uintptr(unsafe.Pointer(&set[0])), uintptr(size), 0, 0)
		if errno == 0 {
			return size
		}
	}
	return 0
}

// signalSetWorld returns the ABI world of a kernel by its /proc/PID/status; "" if there is no signal set in it. The kernel prints a signal set with _NSIG/4
// hexadecimal digits (fs/proc/array.c, render_sigset_t): 16 for the 64 signals of the new world, 32 for the old one's 128.
func signalSetWorld(status string) string {
	_, after, found := strings.Cut("\n"+status, "\nSigBlk:")
	if !found {
		return ""
	}
	digits, _, _ := strings.Cut(after, "\n")
	digits = strings.TrimSpace(digits)
	if strings.Trim(digits, "0123456789abcdefABCDEF") != "" {
		return ""
	}
	switch len(digits) {
	case 16:
		return catalog.NewWorld
	case 32:
		return catalog.OldWorld
	}
	return ""
}

// linkerWorld returns the ABI world of a dynamic linker's path; "" if it is of neither.
func linkerWorld(path string) string {
	switch strings.TrimPrefix(path, "/") {
	case newWorldLinker:
		return catalog.NewWorld
	case oldWorldLinker:
		return catalog.OldWorld
	}
	return ""
}

// interpreter returns the path of the dynamic linker of a LoongArch program; "" for other files and if it cannot be read.
func interpreter(t tree, name string) string {
	const maxPath = 4096
	program, closeFile := t.elf(name, elf.EM_LOONGARCH)
	if program == nil {
		return ""
	}
	defer closeFile()
	for _, p := range program.Progs {
		if p.Type != elf.PT_INTERP || p.Filesz > maxPath {
			continue
		}
		path, err := io.ReadAll(io.LimitReader(p.Open(), maxPath))
		if err != nil {
			return ""
		}
		return strings.TrimRight(string(path), "\x00")
	}
	return ""
}

// OldWorldAdvice returns the warning for old-world systems, with the remedy.
func OldWorldAdvice() record.Sentence {
	return record.Say("this LoongArch system is of the old ABI world: programs of upstream Go end by SIGSEGV before main there; "+
		"use the loong64 file for both worlds, or world: both in the matrix",
		"本 LoongArch 系统属于旧世界 ABI：上游 Go 构建的程序在 main 之前即因 SIGSEGV 终止；请使用同时适用于两个世界的 loong64 文件，或在矩阵中写 world: both")
}
