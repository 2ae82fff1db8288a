package code

import (
	"encoding/binary"
	"strings"

	"golang.org/x/arch/loong64/loong64asm"
)

// loong64 is the instruction set of LoongArch64: LoongArch Reference Manual, volumes 1 and 2.
type loong64 struct{}

func (loong64) decode(word uint32) (loong64asm.Inst, error) {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], word)
	return loong64asm.Decode(b[:])
}

// optional implements isa. Only the groups of instructions that have vector registers are decoded.
func (l loong64) optional(word uint32) string {
	switch top := word >> 24; {
	case word>>18 == 0x3858>>2: // amcas
		return "lamcas"
	case word>>18 == 0x385c>>2: // amswap and amadd of bytes and half words
		return "lam_bh"
	case top == 0x09, top == 0x0a, top == 0x0c, top == 0x0d, top == 0x2c, top >= 0x30 && top <= 0x33, word>>20 == 0x384, top >= 0x70 && top <= 0x77:
	default:
		return ""
	}
	inst, err := l.decode(word)
	if err != nil {
		return ""
	}
	switch name := inst.Op.String(); {
	case strings.HasPrefix(name, "XV"):
		return "lasx"
	case strings.HasPrefix(name, "V"):
		return "lsx"
	}
	return ""
}

func (l loong64) text(word uint32) string {
	inst, err := l.decode(word)
	if err != nil {
		return "?"
	}
	return strings.ToLower(inst.String())
}

// loads are the loads and stores of general registers with an offset of 12 bits, by the upper ten bits.
var loads = map[uint32]struct {
	width int
	kind  kind
}{
	0xa0: {1, load}, 0xa1: {2, load}, 0xa2: {4, load}, 0xa3: {8, load}, 0xa8: {1, load}, 0xa9: {2, load}, 0xaa: {4, load},
	0xa4: {1, store}, 0xa5: {2, store}, 0xa6: {4, store}, 0xa7: {8, store},
}

func (loong64) step(word uint32, pc uint64) effect {
	rd, rj := int(word&31), int(word>>5&31)
	imm12 := uint64(int64(int32(word<<10) >> 20))
	if rd == 0 { // r0 stays zero
		rd = -1
	}
	switch op := word >> 26; op {
	case 0x10, 0x11: // beqz, bnez
		offset := int64(int32((word>>10&0xffff|word&31<<16)<<11)>>11) * 4
		return effect{kind: branch, from: rj, value: pc + uint64(offset), ifZero: op == 0x10}
	case 0x12:
		offset := int64(int32((word>>10&0xffff|word&31<<16)<<11)>>11) * 4
		return effect{kind: branchOther, value: pc + uint64(offset)}
	case 0x13: // jirl
		if rd == 1 {
			return effect{kind: callOther}
		}
		return effect{kind: end}
	case 0x14, 0x15: // b, bl
		offset := int64(int32((word>>10&0xffff|word&0x3ff<<16)<<6)>>6) * 4
		k := jump
		if op == 0x15 {
			k = call
		}
		return effect{kind: k, value: pc + uint64(offset)}
	case 0x16, 0x17: // beq, bne
		target := pc + uint64(int64(int16(word>>10))*4)
		switch {
		case rd == -1:
			return effect{kind: branch, from: rj, value: target, ifZero: op == 0x16}
		case rj == 0:
			return effect{kind: branch, from: rd, value: target, ifZero: op == 0x16}
		}
		return effect{kind: branchOther, to: rd, from: rj, value: target}
	case 0x18, 0x19, 0x1a, 0x1b:
		return effect{kind: branchOther, to: rd, from: rj, value: pc + uint64(int64(int16(word>>10))*4)}
	}
	switch word >> 25 {
	case 0x0d: // pcalau12i
		return effect{kind: constant, to: rd, value: (pc + uint64(int64(int32(word<<7)>>12)<<12)) &^ 0xfff}
	case 0x0e: // pcaddu12i
		return effect{kind: constant, to: rd, value: pc + uint64(int64(int32(word<<7)>>12)<<12)}
	}
	if word>>22 == 0x0b { // addi.d
		return effect{kind: addConstant, to: rd, from: rj, value: imm12}
	}
	if word>>22 == 0x0d && (word>>10&0xfff == 1 || word>>10&0xfff == 0xff) || word>>15 == 0x2a && word>>10&31 == 0 { // andi with 1 or 255; or with r0
		return effect{kind: move, to: rd, from: rj}
	}
	if l, is := loads[word>>22]; is {
		return effect{kind: l.kind, to: rd, from: rj, value: imm12, width: l.width}
	}
	switch top := word >> 24; {
	case top == 0x2b || top == 0x2c || word>>22 == 0xab: // floating-point and vector loads and stores, preld
		return effect{kind: nothing}
	}
	return effect{kind: other, to: rd}
}
