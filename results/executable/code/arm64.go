package code

import (
	"encoding/binary"

	"golang.org/x/arch/arm64/arm64asm"
)

// arm64 is the instruction set A64: Arm Architecture Reference Manual, chapter C4.
type arm64 struct{}

// extensions are the instructions beyond Armv8.0, with the name that the kernel gives their feature in /proc/cpuinfo.
var extensions = []struct {
	mask, value uint32
	feature     string
}{
	{0xffffcc00, 0x4e284800, "aes"},                                    // AESE, AESD, AESMC, AESIMC
	{0xbfe0fc00, 0x0ee0e000, "pmull"},                                  // of 64 bits
	{0xffe0cc00, 0x5e000000, "sha1"}, {0xffffec00, 0x5e280800, "sha1"}, // SHA1C, SHA1P, SHA1M, SHA1SU0; SHA1H, SHA1SU1
	{0xffe0fc00, 0x5e004000, "sha2"}, {0xffe0fc00, 0x5e005000, "sha2"}, {0xffe0fc00, 0x5e006000, "sha2"}, {0xfffffc00, 0x5e282800, "sha2"},
	{0xffe0fc00, 0xce608000, "sha512"}, {0xffe0fc00, 0xce608400, "sha512"}, {0xffe0fc00, 0xce608800, "sha512"}, {0xfffffc00, 0xcec08000, "sha512"},
	{0xffe08000, 0xce000000, "sha3"}, {0xffe08000, 0xce200000, "sha3"}, {0xffe0fc00, 0xce608c00, "sha3"}, {0xffe00000, 0xce800000, "sha3"},
	{0xffe08000, 0xce400000, "sm3"}, {0xffe0c000, 0xce408000, "sm3"}, {0xffe0f800, 0xce60c000, "sm3"},
	{0xfffffc00, 0xcec08400, "sm4"}, {0xffe0fc00, 0xce60c800, "sm4"},
	{0x3ffffc00, 0x38bfc000, "lrcpc"},
	{0x3f200c00, 0x38200000, "atomics"}, {0x3fa07c00, 0x08a07c00, "atomics"}, {0xbfa07c00, 0x08207c00, "atomics"},
	{0x7fe0e000, 0x1ac04000, "crc32"},
	{0x9fe0fc00, 0x0e809400, "asimddp"},
	{0x1e000000, 0x04000000, "sve"},
}

// optional implements isa.
func (arm64) optional(word uint32) string {
	switch word >> 24 & 0x1f {
	case 0x0e, 0x1e, 0x18, 0x08, 0x1a, 0x04, 0x05: // what all of extensions are among
	default:
		return ""
	}
	for _, e := range extensions {
		if word&e.mask == e.value {
			return e.feature
		}
	}
	return ""
}

func (a arm64) text(word uint32) string {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], word)
	if inst, err := arm64asm.Decode(b[:]); err == nil {
		return inst.String()
	}
	for _, e := range extensions { // the disassembler ends with Armv8.0
		if word&e.mask == e.value {
			return "an instruction of " + e.feature
		}
	}
	return "?"
}

func (arm64) step(word uint32, pc uint64) effect {
	rd, rn := int(word&31), int(word>>5&31)
	if rd == 31 {
		rd = -1
	}
	imm12 := uint64(word >> 10 & 0xfff)
	imm19 := pc + uint64(int64(int32(word<<8)>>13)*4)
	switch {
	case word&0x7c000000 == 0x14000000: // b, bl
		e := effect{kind: jump, value: pc + uint64(int64(int32(word<<6)>>6)*4)}
		if word>>31 == 1 {
			e.kind = call
		}
		return e
	case word&0x7e000000 == 0x34000000: // cbz, cbnz
		if rd < 0 {
			return effect{kind: branchOther, value: imm19}
		}
		return effect{kind: branch, from: rd, value: imm19, ifZero: word>>24&1 == 0}
	case word&0x7e000000 == 0x36000000: // tbz, tbnz
		target := pc + uint64(int64(int32(word<<13)>>18)*4)
		if rd < 0 || word>>19&31 != 0 || word>>31 != 0 {
			return effect{kind: branchOther, value: target}
		}
		return effect{kind: branch, from: rd, value: target, ifZero: word>>24&1 == 0}
	case word&0xff000010 == 0x54000000: // b.cond
		if condition := word & 15; condition < 2 {
			return effect{kind: branchFlags, value: imm19, ifZero: condition == 0}
		}
		return effect{kind: branchOther, value: imm19}
	case word&0xfffffc1f == 0xd63f0000: // blr
		return effect{kind: callOther}
	case word&0xff9ffc1f == 0xd61f0000: // br, ret
		return effect{kind: end}
	case word&0x9f000000 == 0x90000000: // adrp
		page := int64(int32(word<<8)>>13)<<2 | int64(word>>29&3)
		return effect{kind: constant, to: rd, value: pc&^0xfff + uint64(page<<12)}
	case word&0xffc00000 == 0x91000000 && rn != 31:
		return effect{kind: addConstant, to: rd, from: rn, value: imm12}
	case word&0x7ffffc1f == 0x7100001f && rn != 31: // cmp with 0
		return effect{kind: compareZero, from: rn}
	case word&0x7fe0ffe0 == 0x2a0003e0 && word>>16&31 != 31: // mov
		return effect{kind: move, to: rd, from: int(word >> 16 & 31)}
	case (word&0xfffffc00 == 0x12000000 || word&0xfffffc00 == 0x53001c00) && rn != 31: // and with 1, uxtb
		return effect{kind: move, to: rd, from: rn}
	case word&0x3f000000 == 0x39000000: // loads and stores of general registers with an unsigned offset
		width := 1 << (word >> 30)
		e := effect{kind: load, to: rd, from: rn, value: imm12 * uint64(width), width: width}
		if word>>22&3 == 0 {
			e.kind = store
		}
		if rn == 31 {
			e.from = -1
		}
		return e
	}
	return arm64{}.unknown(word, rd, rn)
}

// unknown returns the effect of an instruction that is not followed: which registers it may change.
func (arm64) unknown(word uint32, rd, rn int) effect {
	e := effect{kind: other, to: rd}
	switch word >> 25 & 15 {
	case 4, 6, 12, 14: // loads and stores
		if word>>27&7 == 5 && word>>26&1 == 0 { // of pairs
			e.more[0] = int(word>>10&31) + 1
		}
		if rn != 31 { // it may change the base
			e.more[1] = rn + 1
		}
	case 8, 9: // arithmetic with constants
		e.clears = word>>29&1 == 1
	case 5, 13: // and with registers
		e.clears = true
	case 7, 15: // floating-point comparisons change the flags
		e.clears = true
	}
	return e
}
