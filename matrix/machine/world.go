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

// abiWorld is the ABI world of a loong64 system, "" elsewhere and where nothing tells. The kernel's signal set counts
// first, since it is what Go's runtime meets; then the interpreter of /bin/sh, for compatibility layers install the
// other world's dynamic linker too; then the linkers themselves, and the catalogue. The kernel's release tells nothing.
// The answer of a system call comes before what /proc says of it: in a simulated old world the two differ.
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
	switch newer, older := t.has(newWorldLinker), t.has(oldWorldLinker); {
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

// signalSet asks the kernel which size of a signal set it takes; 0 where it refuses both.
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

// signalSetWorld is the world of the kernel that wrote a /proc/PID/status. The kernel prints a signal set with _NSIG/4
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

// linkerWorld is the world that a dynamic linker's path is of.
func linkerWorld(path string) string {
	switch strings.TrimPrefix(path, "/") {
	case newWorldLinker:
		return catalog.NewWorld
	case oldWorldLinker:
		return catalog.OldWorld
	}
	return ""
}

// interpreter is the dynamic linker that a program of LoongArch names, "" for others and where it cannot be read.
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

// OldWorldAdvice says what an old-world system means for Go programs, and what to use there.
func OldWorldAdvice() record.Sentence {
	return record.Say("this LoongArch system is of the old ABI world: programs of upstream Go end by SIGSEGV before main there; "+
		"use the loong64 file for both worlds, or world: both in the matrix",
		"本 LoongArch 系统属于旧世界 ABI：上游 Go 构建的程序在 main 之前即因 SIGSEGV 终止；请使用同时适用于两个世界的 loong64 文件，或在矩阵中写 world: both")
}
