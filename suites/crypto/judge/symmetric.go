package judge

import (
	"bytes"
	"crypto/hmac"
	"fmt"

	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// Digest requires SM3's value, in one call and in pieces.
func Digest(h subject.Hash, t vectors.Test) error {
	msg := bytes.Repeat(t.Bytes("msg"), max(t.Number("repeat"), 1))
	want := t.Bytes("digest")
	if got := h.Sum(msg); !bytes.Equal(got, want) {
		return differs("the digest in one call", got, want)
	}
	for _, size := range []int{1, 63, 64, 65, 4096} {
		if len(msg) > 10000 && size < 63 {
			continue
		}
		d := h.New()
		for rest := msg; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			d.Write(rest[:min(size, len(rest))])
		}
		if got := d.Sum(nil); !bytes.Equal(got, want) {
			return differs(fmt.Sprintf("the digest in pieces of %d", size), got, want)
		}
	}
	return nil
}

// MAC requires HMAC-SM3's value.
func MAC(h subject.Hash, t vectors.Test) error {
	m := hmac.New(h.New, t.Bytes("key"))
	m.Write(t.Bytes("msg"))
	got, want := m.Sum(nil), t.Bytes("tag")
	if same := bytes.Equal(got[:min(len(want), len(got))], want); same != (t.Result == vectors.Valid) {
		return differs("the tag", got, want)
	}
	return nil
}

// maxBack is how many of an example's rounds are decrypted again: the standard only repeats the encryption.
const maxBack = 10_000

// Block requires SM4's value in both directions.
func Block(b subject.Block, t vectors.Test) error {
	c, err := b.NewCipher(t.Bytes("key"))
	if err != nil {
		return err
	}
	msg, ct := t.Bytes("msg"), t.Bytes("ct")
	got := bytes.Clone(msg)
	rounds := max(t.Number("rounds"), 1)
	back := min(rounds, maxBack)
	for range rounds - back {
		c.Encrypt(got, got)
	}
	from := bytes.Clone(got)
	for range back {
		c.Encrypt(got, got)
	}
	if !bytes.Equal(got, ct) {
		return differs("the ciphertext", got, ct)
	}
	for range back {
		c.Decrypt(got, got)
	}
	if !bytes.Equal(got, from) {
		return differs("the plaintext", got, from)
	}
	return nil
}

// Mode requires the mode's value in both directions.
func Mode(m subject.Mode, t vectors.Test) error {
	key, iv, msg, ct := t.Bytes("key"), t.Bytes("iv"), t.Bytes("msg"), t.Bytes("ct")
	got, err := m.Crypt(key, iv, msg, false)
	if err != nil {
		return fmt.Errorf("encryption: %w", err)
	}
	sealed := bytes.Clone(got)
	if m.Padded { // the vector's ciphertext is what comes before the padding
		if len(msg)%16 != 0 {
			return &Unsupported{"ciphertext without padding"}
		}
		if len(got) != len(ct)+16 {
			return fmt.Errorf("a padded ciphertext of %d bytes, want %d", len(got), len(ct)+16)
		}
		got = got[:len(ct)]
	}
	if !bytes.Equal(got, ct) {
		return differs("the ciphertext", got, ct)
	}
	back, err := m.Crypt(key, iv, sealed, true)
	if err != nil {
		return fmt.Errorf("decryption: %w", err)
	}
	if !bytes.Equal(back, msg) {
		return differs("the plaintext", back, msg)
	}
	return nil
}

// AEAD requires the mode's value in both directions for a valid vector, and refusal of an invalid one.
func AEAD(a subject.AEAD, t vectors.Test) error {
	iv, aad, msg := t.Bytes("iv"), t.Bytes("aad"), t.Bytes("msg")
	want := append(bytes.Clone(t.Bytes("ct")), t.Bytes("tag")...)
	c, err := a.New(t.Bytes("key"), len(iv), len(t.Bytes("tag")))
	if err != nil {
		if t.Result == vectors.Valid {
			return &Unsupported{fmt.Sprintf("%s with a nonce of %d and a tag of %d bytes (%v)", a.Name, len(iv), len(t.Bytes("tag")), err)}
		}
		return nil
	}
	back, err := c.Open(nil, iv, want, aad)
	if t.Result == vectors.Invalid {
		if err == nil {
			return fmt.Errorf("a wrong ciphertext was opened as %s", short(back))
		}
		if back != nil {
			return fmt.Errorf("plaintext %s came with the refusal", short(back))
		}
		return nil
	}
	if got := c.Seal(nil, iv, msg, aad); !bytes.Equal(got, want) {
		return differs("the ciphertext with its tag", got, want)
	}
	if err != nil {
		return fmt.Errorf("opening: %w", err)
	}
	if !bytes.Equal(back, msg) {
		return differs("the plaintext", back, msg)
	}
	return nil
}
