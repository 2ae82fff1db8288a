package code

// An isa decodes the instructions of one instruction set, all of which have four bytes.
type isa interface {
	// optional returns the feature that an instruction needs; "" for one that every processor has.
	optional(word uint32) string
	// step is what an instruction does to constants, flags and control.
	step(word uint32, pc uint64) effect
	// text disassembles an instruction.
	text(word uint32) string
}

// effect is what one instruction does. Registers are numbered from 0; -1 for none.
type effect struct {
	kind     kind
	to, from int    // registers
	value    uint64 // an address, an offset or a branch's target
	width    int    // bytes of a load or store
	ifZero   bool   // of a branch: it is taken where the register is zero
	clears   bool   // the condition flags are changed
	more     [2]int // other registers that are changed in an unknown way, each plus one
}

type kind int

const (
	other       kind = iota // to is changed in an unknown way
	nothing                 // no register is changed
	constant                // to = value
	addConstant             // to = from + value
	load                    // to = width bytes at from + value
	store                   // width bytes at from + value = to
	move                    // to = from, or the lowest bits of it
	compareZero             // the condition flags tell whether from is zero
	jump                    // to value
	branch                  // to value, where from is zero or not
	branchFlags             // to value, by the condition flags
	branchOther             // to value, for another reason
	call                    // of value
	callOther               // of what a register holds
	end                     // a return, or a jump to what a register holds
)
