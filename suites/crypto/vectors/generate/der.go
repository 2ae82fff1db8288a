package main

import (
	"math/big"
	"strconv"
)

// The encoders below build right and wrong DER, so that they check nothing.

// tlv returns a value with its tag and the shortest form of its length.
func tlv(tag byte, value []byte) []byte {
	n := len(value)
	switch {
	case n < 0x80:
		return cat([]byte{tag, byte(n)}, value)
	case n < 0x100:
		return cat([]byte{tag, 0x81, byte(n)}, value)
	default:
		return cat([]byte{tag, 0x82, byte(n >> 8), byte(n)}, value)
	}
}

func sequence(parts ...[]byte) []byte { return tlv(0x30, cat(parts...)) }
func octets(b []byte) []byte          { return tlv(0x04, b) }

// integer returns an INTEGER; n may be negative.
func integer(n *big.Int) []byte {
	if n.Sign() >= 0 {
		b := n.Bytes()
		if len(b) == 0 || b[0] >= 0x80 {
			b = cat([]byte{0}, b)
		}
		return tlv(2, b)
	}
	size := (new(big.Int).Not(n).BitLen() + 8) / 8
	twos := new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	return tlv(2, twos.FillBytes(make([]byte, size)))
}

func cat(parts ...[]byte) []byte {
	out := []byte{}
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// counting returns the n bytes 00 01 02 ….
func counting(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

func itoa(n int) string { return strconv.Itoa(n) }
