#include "textflag.h"

// UDF #0, Arm ARM C6.2: "permanently undefined".
TEXT ·illegal(SB), NOSPLIT, $0-0
	WORD $0x00000000
	RET
