#include "textflag.h"

// UD2, Intel SDM volume 2B: "guaranteed to raise an invalid opcode exception in all operating modes".
TEXT ·illegal(SB), NOSPLIT, $0-0
	BYTE $0x0F; BYTE $0x0B
	RET
