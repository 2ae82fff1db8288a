package contract

import (
	"crypto/cipher"
	"fmt"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// BlockMode makes both directions of a cipher.BlockMode from the same start.
type BlockMode struct{ Encrypter, Decrypter func() cipher.BlockMode }

// BlockModeClauses are the documented properties of cipher.BlockMode.
var BlockModeClauses = []Clause[BlockMode]{
	{"round-trip", "the decrypter undoes the encrypter", record.Critical, modeRoundTrip},
	{"continues", "calls continue where the last one ended", record.Critical, modeContinues},
	{"in-place", "dst and src may be the same", record.High, modeInPlace},
	{"destination-larger", "of a larger dst only len(src) bytes are written", record.High, modeLargerDestination},
	{"keeps-source", "src is not written", record.High, modeKeepsSource},
	{"partial-block", "a message that is not whole blocks panics", record.Medium, modePartial},
	{"short-destination", "a short dst panics", record.Medium, modeShortDestination},
	{"nothing", "nothing may be encrypted", record.Low, modeNothing},
	{"overlap", "overlap that is not entire panics or is right, but never corrupts", record.Low, modeOverlap},
}

// blockCounts are message lengths, in blocks, near the widths of vector instructions.
var blockCounts = []int{1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65}

func modeRoundTrip(m BlockMode) error {
	for _, blocks := range blockCounts {
		in := pattern(16 * blocks)
		out := make([]byte, len(in))
		m.Encrypter().CryptBlocks(out, in)
		m.Decrypter().CryptBlocks(out, out)
		if err := same(fmt.Sprintf("%d blocks", blocks), out, in); err != nil {
			return err
		}
	}
	return nil
}

func modeContinues(m BlockMode) error {
	in := pattern(16 * 40)
	for _, start := range []func() cipher.BlockMode{m.Encrypter, m.Decrypter} {
		whole, cut := make([]byte, len(in)), make([]byte, len(in))
		start().CryptBlocks(whole, in)
		c := start()
		for at, size := 0, 16; at < len(in); at, size = at+size, min(size+16, len(in)-at-size) {
			c.CryptBlocks(cut[at:at+size], in[at:at+size])
		}
		if err := same("in pieces of growing length", cut, whole); err != nil {
			return err
		}
	}
	return nil
}

func modeInPlace(m BlockMode) error {
	for _, blocks := range blockCounts {
		for _, start := range []func() cipher.BlockMode{m.Encrypter, m.Decrypter} {
			apart, in := make([]byte, 16*blocks), pattern(16*blocks)
			start().CryptBlocks(apart, in)
			start().CryptBlocks(in, in)
			if err := same(fmt.Sprintf("%d blocks in place", blocks), in, apart); err != nil {
				return err
			}
		}
	}
	return nil
}

func modeLargerDestination(m BlockMode) error {
	for _, blocks := range blockCounts {
		for _, start := range []func() cipher.BlockMode{m.Encrypter, m.Decrypter} {
			g := newGuarded(make([]byte, 16*blocks))
			start().CryptBlocks(g.memory[g.margin:], pattern(16*blocks))
			if err := g.intact(); err != nil {
				return fmt.Errorf("%d blocks: %w", blocks, err)
			}
		}
	}
	return nil
}

func modeKeepsSource(m BlockMode) error {
	for _, blocks := range blockCounts {
		for _, start := range []func() cipher.BlockMode{m.Encrypter, m.Decrypter} {
			g := newGuarded(pattern(16 * blocks))
			start().CryptBlocks(make([]byte, 16*blocks), g.bytes())
			if err := same("src afterwards", g.bytes(), pattern(16*blocks)); err != nil {
				return err
			}
			if err := g.intact(); err != nil {
				return err
			}
		}
	}
	return nil
}

func modePartial(m BlockMode) error {
	for _, n := range []int{1, 15, 17, 33} {
		if !panics(func() { m.Encrypter().CryptBlocks(make([]byte, 48), make([]byte, n)) }) ||
			!panics(func() { m.Decrypter().CryptBlocks(make([]byte, 48), make([]byte, n)) }) {
			return fmt.Errorf("%d bytes: %w", n, errSilent)
		}
	}
	return nil
}

func modeShortDestination(m BlockMode) error {
	if !panics(func() { m.Encrypter().CryptBlocks(make([]byte, 16), make([]byte, 32)) }) ||
		!panics(func() { m.Decrypter().CryptBlocks(make([]byte, 16), make([]byte, 32)) }) {
		return errSilent
	}
	return nil
}

func modeNothing(m BlockMode) error {
	if panics(func() { m.Encrypter().CryptBlocks(nil, nil) }) || panics(func() { m.Decrypter().CryptBlocks(nil, nil) }) {
		return fmt.Errorf("panics on an empty message")
	}
	return nil
}

func modeOverlap(m BlockMode) error {
	for _, start := range []func() cipher.BlockMode{m.Encrypter, m.Decrypter} {
		want := make([]byte, 16*20)
		start().CryptBlocks(want, pattern(16*20))
		memory := make([]byte, 16*20+1)
		copy(memory, pattern(16*20))
		if panics(func() { start().CryptBlocks(memory[1:], memory[:16*20]) }) {
			continue
		}
		if err := same("dst one byte behind src", memory[1:], want); err != nil {
			return err
		}
	}
	return nil
}

// Stream makes a cipher.Stream from the same start each time.
type Stream func() cipher.Stream

// StreamClauses are the documented properties of cipher.Stream.
var StreamClauses = []Clause[Stream]{
	{"pieces", "the key stream does not depend on how a message is cut", record.Critical, streamPieces},
	{"in-place", "dst and src may be the same", record.High, streamInPlace},
	{"destination-larger", "of a larger dst only len(src) bytes are written", record.High, streamLarger},
	{"keeps-source", "src is not written", record.High, streamKeepsSource},
	{"short-destination", "a short dst panics", record.Medium, streamShort},
}

func streamPieces(s Stream) error {
	in, whole := pattern(700), make([]byte, 700)
	s().XORKeyStream(whole, in)
	for _, size := range []int{1, 3, 15, 16, 17, 63, 64, 65, 255, 256, 257} {
		cut, c := make([]byte, len(in)), s()
		for at := 0; at < len(in); at += size {
			end := min(at+size, len(in))
			c.XORKeyStream(cut[at:end], in[at:end])
		}
		if err := same(fmt.Sprintf("in pieces of %d", size), cut, whole); err != nil {
			return err
		}
	}
	return nil
}

func streamInPlace(s Stream) error {
	for _, n := range []int{1, 16, 100, 700} {
		apart, in := make([]byte, n), pattern(n)
		s().XORKeyStream(apart, in)
		s().XORKeyStream(in, in)
		if err := same(fmt.Sprintf("%d bytes in place", n), in, apart); err != nil {
			return err
		}
	}
	return nil
}

func streamLarger(s Stream) error {
	for _, n := range []int{0, 1, 15, 16, 17, 100, 300} {
		g := newGuarded(make([]byte, n))
		s().XORKeyStream(g.memory[g.margin:], pattern(n))
		if err := g.intact(); err != nil {
			return fmt.Errorf("%d bytes: %w", n, err)
		}
	}
	return nil
}

func streamKeepsSource(s Stream) error {
	g := newGuarded(pattern(300))
	s().XORKeyStream(make([]byte, 300), g.bytes())
	if err := g.intact(); err != nil {
		return err
	}
	return same("src afterwards", g.bytes(), pattern(300))
}

func streamShort(s Stream) error {
	if !panics(func() { s().XORKeyStream(make([]byte, 10), make([]byte, 11)) }) {
		return errSilent
	}
	return nil
}
