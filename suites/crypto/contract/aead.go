package contract

import (
	"bytes"
	"crypto/cipher"
	"errors"
	"fmt"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// NewAEAD makes an AEAD with the usual sizes of nonce and tag.
type NewAEAD func() (cipher.AEAD, error)

// AEADClauses are the documented properties of cipher.AEAD.
var AEADClauses = []Clause[NewAEAD]{
	{"round-trip", "Open undoes Seal at every length", record.Critical, aeadRoundTrip},
	{"tampering", "one inverted bit anywhere is refused", record.Critical, aeadTampering},
	{"truncation", "a ciphertext cut off is refused", record.Critical, aeadTruncation},
	{"appends", "Seal and Open append to dst", record.High, aeadAppends},
	{"in-place", "Seal and Open work in place", record.High, aeadInPlace},
	{"keeps-inputs", "nonce, additional data and message are not written, nor what lies behind them", record.High, aeadKeepsInputs},
	{"refusal-is-empty", "a refusal comes with no plaintext", record.High, aeadRefusal},
	{"nonce-size", "a nonce of another size panics", record.Medium, aeadNonceSize},
	{"overhead", "Overhead is the difference of the lengths", record.Medium, aeadOverhead},
	{"concurrent", "one AEAD serves goroutines at the same time", record.Medium, aeadConcurrent},
}

// lengths are lengths of messages and additional data near the block size and near the widths of vector instructions.
var lengths = []int{0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 1000}

func aeadRoundTrip(n NewAEAD) error {
	a, err := n()
	if err != nil {
		return err
	}
	nonce := pattern(a.NonceSize())
	for _, size := range lengths {
		for _, additional := range []int{0, 1, 16, 20, 64, 100} {
			msg, aad := pattern(size), pattern(additional)
			back, err := a.Open(nil, nonce, a.Seal(nil, nonce, msg, aad), aad)
			if err != nil {
				return fmt.Errorf("%d bytes with %d additional: %w", size, additional, err)
			}
			if err := same(fmt.Sprintf("%d bytes with %d additional", size, additional), back, msg); err != nil {
				return err
			}
		}
	}
	return nil
}

func aeadTampering(n NewAEAD) error {
	a, err := n()
	if err != nil {
		return err
	}
	nonce, aad := pattern(a.NonceSize()), pattern(20)
	ct := a.Seal(nil, nonce, pattern(48), aad)
	for _, part := range []struct {
		name  string
		bytes []byte
	}{{"the ciphertext", ct}, {"the nonce", nonce}, {"the additional data", aad}} {
		for bit := range 8 * len(part.bytes) {
			part.bytes[bit/8] ^= 0x80 >> (bit % 8)
			if _, err := a.Open(nil, nonce, ct, aad); err == nil {
				return fmt.Errorf("bit %d of %s inverted: accepted", bit, part.name)
			}
			part.bytes[bit/8] ^= 0x80 >> (bit % 8)
		}
	}
	return nil
}

func aeadTruncation(n NewAEAD) error {
	a, err := n()
	if err != nil {
		return err
	}
	nonce := pattern(a.NonceSize())
	ct := a.Seal(nil, nonce, pattern(48), nil)
	for size := range ct {
		if _, err := a.Open(nil, nonce, ct[:size], nil); err == nil {
			return fmt.Errorf("the first %d bytes: accepted", size)
		}
	}
	return nil
}

func aeadAppends(n NewAEAD) error {
	a, err := n()
	if err != nil {
		return err
	}
	nonce, prefix := pattern(a.NonceSize()), []byte("prefix")
	ct := a.Seal(nil, nonce, pattern(40), nil)
	if err := same("Seal(prefix)", a.Seal(bytes.Clone(prefix), nonce, pattern(40), nil), append(bytes.Clone(prefix), ct...)); err != nil {
		return err
	}
	back, err := a.Open(bytes.Clone(prefix), nonce, ct, nil)
	if err != nil {
		return err
	}
	return same("Open(prefix)", back, append(prefix, pattern(40)...))
}

func aeadInPlace(n NewAEAD) error {
	a, err := n()
	if err != nil {
		return err
	}
	nonce := pattern(a.NonceSize())
	for _, size := range lengths {
		want := a.Seal(nil, nonce, pattern(size), nil)
		memory := make([]byte, size, size+a.Overhead())
		copy(memory, pattern(size))
		ct := a.Seal(memory[:0], nonce, memory, nil)
		if err := same(fmt.Sprintf("Seal of %d bytes in place", size), ct, want); err != nil {
			return err
		}
		back, err := a.Open(ct[:0], nonce, ct, nil)
		if err != nil {
			return fmt.Errorf("opening of %d bytes in place: %w", size, err)
		}
		if err := same(fmt.Sprintf("Open of %d bytes in place", size), back, pattern(size)); err != nil {
			return err
		}
	}
	return nil
}

func aeadKeepsInputs(n NewAEAD) error {
	a, err := n()
	if err != nil {
		return err
	}
	nonce, msg, aad := newGuarded(pattern(a.NonceSize())), newGuarded(pattern(64)), newGuarded(pattern(20))
	ct := newGuarded(a.Seal(nil, nonce.bytes(), msg.bytes(), aad.bytes()))
	if _, err := a.Open(nil, nonce.bytes(), ct.bytes(), aad.bytes()); err != nil {
		return err
	}
	for name, g := range map[string]*guarded{"nonce": nonce, "message": msg, "additional data": aad, "ciphertext": ct} {
		if err := g.intact(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return errors.Join(same("the nonce", nonce.bytes(), pattern(a.NonceSize())), same("the message", msg.bytes(), pattern(64)),
		same("the additional data", aad.bytes(), pattern(20)))
}

func aeadRefusal(n NewAEAD) error {
	a, err := n()
	if err != nil {
		return err
	}
	nonce := pattern(a.NonceSize())
	ct := a.Seal(nil, nonce, pattern(48), nil)
	ct[0] ^= 1
	if back, err := a.Open(nil, nonce, ct, nil); err != nil && len(back) > 0 {
		return fmt.Errorf("the refusal (%w) came with %x", err, back)
	}
	return nil
}

func aeadNonceSize(n NewAEAD) error {
	a, err := n()
	if err != nil {
		return err
	}
	for _, size := range []int{0, a.NonceSize() - 1, a.NonceSize() + 1} {
		if !panics(func() { a.Seal(nil, make([]byte, size), nil, nil) }) {
			return fmt.Errorf("sealing with a nonce of %d bytes: %w", size, errSilent)
		}
	}
	return nil
}

func aeadOverhead(n NewAEAD) error {
	a, err := n()
	if err != nil {
		return err
	}
	if ct := a.Seal(nil, pattern(a.NonceSize()), pattern(40), nil); len(ct) != 40+a.Overhead() {
		return fmt.Errorf("the overhead is said to be %d, 40 bytes became %d", a.Overhead(), len(ct))
	}
	return nil
}

func aeadConcurrent(n NewAEAD) error {
	a, err := n()
	if err != nil {
		return err
	}
	nonce := pattern(a.NonceSize())
	return together(func(g int) func() bool {
		msg := pattern(64 + 16*g)
		want := a.Seal(nil, nonce, msg, nil)
		return func() bool { return bytes.Equal(a.Seal(nil, nonce, msg, nil), want) }
	})
}
