package abi

import "golang.org/x/sys/cpu"

//lint:ignore U1000 restoreAddress returns its address
func restore()
func restoreAddress() uintptr
func hold256(in, out *uint64, act *action)
func hold512(in, out *uint64, act *action)

// abiHere: System V ABI for AMD64; arch/x86/include/uapi/asm/sigcontext.h.
func abiHere() chipABI {
	places := []int{104, 112, 96, 88, 120, 80, 72, 64} // of AX, CX, DX, BX, SP, BP, SI, DI in struct sigcontext
	return chipABI{
		overCalls: []int{3, 8, 9, 10, 12, 13, 14, 15},
		overTime:  []int{1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
		name:      "R", pc: 40 + 128, mask: 296,
		register: func(i int) int {
			if i < 8 {
				return 40 + places[i]
			}
			return 40 + 8*(i-8)
		},
		vectors: []vectors{
			{128, 16, true, hold128}, {256, 16, cpu.X86.HasAVX, hold256}, {512, 32, cpu.X86.HasAVX512F, hold512},
		},
		towardZero: 0x7f80, control: 0x1f80, controlMask: 0xffc0, pushed: 8,
	}
}

// frameAction fills what rt_sigaction takes.
func frameAction(handler, flags uintptr) [5]uintptr {
	const restorer = 0x04000000 // SA_RESTORER
	return [5]uintptr{handler, flags | restorer, restoreAddress()}
}
