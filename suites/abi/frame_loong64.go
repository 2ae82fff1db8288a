package abi

import "golang.org/x/sys/cpu"

func hold64(in, out *uint64, act *action)
func hold256(in, out *uint64, act *action)

// abiHere: arch/loongarch/include/uapi/asm/sigcontext.h, and ucontext.h beside it. In the old world, whose Linux 4.19.190 has its own files of
// these names, the registers follow uc_stack at once, and the signal mask comes last.
func abiHere() chipABI {
	machine, mask := 176, 40
	if worldHere().name == oldWorld.name {
		machine, mask = 64, 5504
	}
	return chipABI{
		overCalls: []int{7, 8, 9, 10, 23, 24, 25, 26, 27, 28, 29},
		overTime:  []int{4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 23, 24, 25, 26, 27, 28, 29},
		name:      "R", pc: machine, mask: mask,
		register:   func(i int) int { return machine + 8 + 8*i },
		vectors:    []vectors{{64, 32, true, hold64}, {128, 32, cpu.Loong64.HasLSX, hold128}, {256, 32, cpu.Loong64.HasLASX, hold256}},
		towardZero: 1 << 8, controlMask: 3 << 8,
	}
}

// frameAction fills what rt_sigaction takes; LoongArch has no sa_restorer.
func frameAction(handler, flags uintptr) [5]uintptr { return [5]uintptr{handler, flags} }
