package contract

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"hash"
	"testing"
)

// TestStandardLibrary checks Go's own implementations, which have all documented properties.
func TestStandardLibrary(t *testing.T) {
	h := Hash{New: sha256.New, Sum: func(b []byte) []byte { d := sha256.Sum256(b); return d[:] }}
	for _, c := range HashClauses {
		report(t, "sha256 "+c.Name, c.Check(h))
	}
	for _, c := range BlockClauses {
		if c.Name != "key-sizes" { // AES has more sizes
			report(t, "aes "+c.Name, c.Check(aes.NewCipher))
		}
	}
	key, iv := pattern(16), pattern(16)
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range BlockModeClauses {
		report(t, "cbc "+c.Name, c.Check(BlockMode{
			func() cipher.BlockMode { return cipher.NewCBCEncrypter(block, iv) }, func() cipher.BlockMode { return cipher.NewCBCDecrypter(block, iv) }}))
	}
	for _, c := range StreamClauses {
		report(t, "ctr "+c.Name, c.Check(func() cipher.Stream { return cipher.NewCTR(block, iv) }))
	}
	for _, c := range AEADClauses {
		report(t, "gcm "+c.Name, c.Check(func() (cipher.AEAD, error) { return cipher.NewGCM(block) }))
	}
}

func report(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, ErrUnsupported) {
		t.Errorf("%s: %v", what, err)
	}
}

// careless is a hash that hashes Sum's argument, and keeps the caller's memory.
type careless struct{ kept [][]byte }

func (c *careless) Write(b []byte) (int, error) { c.kept = append(c.kept, b); return len(b), nil }
func (c *careless) Reset()                      {}
func (c *careless) Size() int                   { return 20 }
func (c *careless) BlockSize() int              { return 64 }
func (c *careless) Sum(b []byte) []byte {
	c.kept = append(c.kept, b)
	d := sha256.Sum256(bytes.Join(c.kept, nil))
	return d[:]
}

// TestCareless checks careless, and expects an error for each property that it does not have.
func TestCareless(t *testing.T) {
	h := Hash{New: func() hash.Hash { return &careless{} }, Sum: func(b []byte) []byte { d := sha256.Sum256(b); return d[:] }}
	for _, c := range HashClauses {
		switch c.Name {
		case "sum-appends", "sum-prefix-keeps-state", "sum-in-place", "reset", "write-keeps-input", "sizes":
			if c.Check(h) == nil {
				t.Errorf("%s: unnoticed", c.Name)
			}
		}
	}
}
