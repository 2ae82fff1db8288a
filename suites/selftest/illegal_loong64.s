#include "textflag.h"

// The word 0 has no encoding: "instruction non-defined" exception (INE), LoongArch reference manual volume 1, §6.
// BREAK would raise SIGTRAP instead.
TEXT ·illegal(SB), NOSPLIT, $0-0
	WORD $0x00000000
	RET
