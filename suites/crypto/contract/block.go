package contract

import (
	"bytes"
	"crypto/cipher"
	"errors"
	"fmt"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// NewBlock makes a block cipher.
type NewBlock func(key []byte) (cipher.Block, error)

// BlockClauses are the documented properties of cipher.Block, for blocks of 16 bytes.
var BlockClauses = []Clause[NewBlock]{
	{"round-trip", "Decrypt undoes Encrypt", record.Critical, blockRoundTrip},
	{"in-place", "dst and src may be the same", record.High, blockInPlace},
	{"first-block-only", "only the first block of dst is written", record.High, blockFirstOnly},
	{"keeps-source", "src is not written", record.High, blockKeepsSource},
	{"keeps-key", "the key's memory may be reused", record.High, blockKeepsKey},
	{"key-sizes", "a key of another size is an error", record.High, blockKeySizes},
	{"size", "BlockSize is 16", record.High, blockSize},
	{"short-source", "a short src panics", record.Low, blockShortSource},
	{"short-destination", "a short dst panics, and is never cut silently", record.Low, blockShortDestination},
	{"concurrent", "one block cipher serves goroutines at the same time", record.Medium, blockConcurrent},
	{"misaligned", "memory at any address will do", record.High, blockMisaligned},
}

func newBlock(n NewBlock) (cipher.Block, error) { return n(pattern(16)) }

func blockRoundTrip(n NewBlock) error {
	b, err := newBlock(n)
	if err != nil {
		return err
	}
	for i := range 100 {
		in, out := pattern(16 + i)[i:], make([]byte, 16)
		b.Encrypt(out, in)
		if bytes.Equal(out, in) {
			return errors.New("encryption left the block as it was")
		}
		b.Decrypt(out, out)
		if err := same("Decrypt(Encrypt(block))", out, in); err != nil {
			return err
		}
	}
	return nil
}

func blockInPlace(n NewBlock) error {
	b, err := newBlock(n)
	if err != nil {
		return err
	}
	apart, in := make([]byte, 16), pattern(16)
	b.Encrypt(apart, in)
	b.Encrypt(in, in)
	if err := same("Encrypt in place", in, apart); err != nil {
		return err
	}
	b.Decrypt(apart, in)
	b.Decrypt(in, in)
	return same("Decrypt in place", in, apart)
}

func blockFirstOnly(n NewBlock) error {
	b, err := newBlock(n)
	if err != nil {
		return err
	}
	for _, crypt := range []func(dst, src []byte){b.Encrypt, b.Decrypt} {
		g := newGuarded(make([]byte, 16))
		crypt(g.memory[g.margin:], pattern(64))
		if err := g.intact(); err != nil {
			return err
		}
	}
	return nil
}

func blockKeepsSource(n NewBlock) error {
	b, err := newBlock(n)
	if err != nil {
		return err
	}
	in := pattern(16)
	b.Encrypt(make([]byte, 16), in)
	b.Decrypt(make([]byte, 16), in)
	return same("src afterwards", in, pattern(16))
}

func blockKeepsKey(n NewBlock) error {
	key := pattern(16)
	b, err := n(key)
	if err != nil {
		return err
	}
	before, after := make([]byte, 16), make([]byte, 16)
	b.Encrypt(before, key)
	if err := same("the key afterwards", key, pattern(16)); err != nil {
		return err
	}
	in := bytes.Clone(key)
	clear(key)
	b.Encrypt(after, in)
	return same("a block after the key's memory was reused", after, before)
}

func blockKeySizes(n NewBlock) error {
	for _, size := range []int{0, 1, 8, 15, 17, 24, 32, 64} {
		var err error
		if panics(func() { _, err = n(make([]byte, size)) }) {
			return fmt.Errorf("a key of %d bytes panics", size)
		}
		if err == nil {
			return fmt.Errorf("a key of %d bytes is taken", size)
		}
	}
	return nil
}

func blockSize(n NewBlock) error {
	b, err := newBlock(n)
	if err == nil && b.BlockSize() != 16 {
		return fmt.Errorf("block size %d", b.BlockSize())
	}
	return err
}

func blockShortSource(n NewBlock) error {
	b, err := newBlock(n)
	if err != nil {
		return err
	}
	for _, crypt := range []func(dst, src []byte){b.Encrypt, b.Decrypt} {
		if !panics(func() { crypt(make([]byte, 16), make([]byte, 15)) }) {
			return errSilent
		}
	}
	return nil
}

func blockShortDestination(n NewBlock) error {
	b, err := newBlock(n)
	if err != nil {
		return err
	}
	for _, crypt := range []func(dst, src []byte){b.Encrypt, b.Decrypt} {
		if !panics(func() { crypt(make([]byte, 15), make([]byte, 16)) }) {
			return errSilent
		}
	}
	return nil
}

// blockConcurrent lets four goroutines share one cipher, as TLS and disk encryption do.
func blockConcurrent(n NewBlock) error {
	b, err := newBlock(n)
	if err != nil {
		return err
	}
	return together(func(g int) func() bool {
		in, want, out := pattern(16 + g)[g:], make([]byte, 16), make([]byte, 16)
		b.Encrypt(want, in)
		return func() bool {
			b.Encrypt(out, in)
			return bytes.Equal(out, want)
		}
	})
}

func blockMisaligned(n NewBlock) error {
	b, err := newBlock(n)
	if err != nil {
		return err
	}
	want := make([]byte, 16)
	b.Encrypt(want, pattern(16))
	memory := make([]byte, 64)
	for shift := range 16 {
		copy(memory[shift:], pattern(16))
		b.Encrypt(memory[shift+16:], memory[shift:])
		if err := same(fmt.Sprintf("at offset %d", shift), memory[shift+16:shift+32], want); err != nil {
			return err
		}
	}
	return nil
}
