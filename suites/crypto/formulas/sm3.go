package formulas

import (
	"encoding/binary"
	"math/bits"
)

// SM3 of msg (GB/T 32905-2016 §5).
func SM3(msg []byte) [32]byte {
	v := [8]uint32{0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e}
	padded := append(msg[:len(msg):len(msg)], 0x80)
	for len(padded)%64 != 56 {
		padded = append(padded, 0)
	}
	padded = binary.BigEndian.AppendUint64(padded, uint64(len(msg))*8)
	for ; len(padded) > 0; padded = padded[64:] {
		compress(&v, padded[:64])
	}
	var out [32]byte
	for i, word := range v {
		binary.BigEndian.PutUint32(out[4*i:], word)
	}
	return out
}

// compress is CF of §5.3.3.
func compress(v *[8]uint32, block []byte) {
	var w [68]uint32
	for i := range 16 {
		w[i] = binary.BigEndian.Uint32(block[4*i:])
	}
	for i := 16; i < 68; i++ {
		x := w[i-16] ^ w[i-9] ^ bits.RotateLeft32(w[i-3], 15)
		w[i] = x ^ bits.RotateLeft32(x, 15) ^ bits.RotateLeft32(x, 23) ^ bits.RotateLeft32(w[i-13], 7) ^ w[i-6]
	}
	a, b, c, d, e, f, g, h := v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]
	for j := range 64 {
		t, ff, gg := uint32(0x79cc4519), a^b^c, e^f^g
		if j >= 16 {
			t, ff, gg = 0x7a879d8a, a&b|a&c|b&c, e&f|^e&g
		}
		ss1 := bits.RotateLeft32(bits.RotateLeft32(a, 12)+e+bits.RotateLeft32(t, j), 7)
		tt1 := ff + d + (ss1 ^ bits.RotateLeft32(a, 12)) + (w[j] ^ w[j+4])
		tt2 := gg + h + ss1 + w[j]
		d, c, b, a = c, bits.RotateLeft32(b, 9), a, tt1
		h, g, f, e = g, bits.RotateLeft32(f, 19), e, tt2^bits.RotateLeft32(tt2, 9)^bits.RotateLeft32(tt2, 17)
	}
	for i, x := range [8]uint32{a, b, c, d, e, f, g, h} {
		v[i] ^= x
	}
}

// HMAC returns HMAC-SM3 of msg (GB/T 15852.2-2012 §7, MAC algorithm 2, with SM3).
func HMAC(key, msg []byte) [32]byte {
	if len(key) > 64 {
		digest := SM3(key)
		key = digest[:]
	}
	inner, outer := make([]byte, 64), make([]byte, 64)
	copy(inner, key)
	copy(outer, key)
	for i := range 64 {
		inner[i] ^= 0x36
		outer[i] ^= 0x5c
	}
	digest := SM3(append(inner, msg...))
	return SM3(append(outer, digest[:]...))
}

// KDF of GB/T 32918.4-2016 §5.4.3: length bytes derived from z.
func KDF(z []byte, length int) []byte {
	var out []byte
	for i := uint32(1); len(out) < length; i++ {
		digest := SM3(binary.BigEndian.AppendUint32(z[:len(z):len(z)], i))
		out = append(out, digest[:]...)
	}
	return out[:length]
}

// Chain returns one round of the Monte Carlo test of NIST's SHAVS §6.4, with SM3: 1,000 digests, each over the last three, from
// three times the seed. It returns the last digest.
func Chain(seed []byte) []byte {
	a, b, c := [32]byte(seed), [32]byte(seed), [32]byte(seed)
	for range 1000 {
		a, b, c = b, c, SM3(concat(a[:], b[:], c[:]))
	}
	return c[:]
}
