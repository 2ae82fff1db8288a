package abi

// abiHere: arch/arm64/include/uapi/asm/sigcontext.h.
func abiHere() chipABI {
	return chipABI{
		overCalls: []int{3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 24, 25},
		overTime:  []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 24, 25},
		name:      "R", pc: 176 + 264, mask: 40,
		register:   func(i int) int { return 184 + 8*i },
		vectors:    []vectors{{128, 32, true, hold128}},
		towardZero: 3 << 22, controlMask: 3<<22 | 1<<24, // rounding and flushing of subnormals
	}
}

// frameAction fills what rt_sigaction takes.
func frameAction(handler, flags uintptr) [5]uintptr { return [5]uintptr{handler, flags} }
