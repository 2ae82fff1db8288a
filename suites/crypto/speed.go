package crypto

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"testing"

	"github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto/reference"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// measured registers one benchmark. name begins with what is measured and ends with who does it: "SM3/1MiB/tjfoc".
// op does the whole once; size is the bytes it works on, 0 where that says nothing.
func measured(name string, size int, prepare func() (op func())) {
	ginkgo.It(name, check.Bench(), func() {
		op := prepare()
		check.Benchmark(name, func(b *testing.B) {
			if size > 0 {
				b.SetBytes(int64(size))
			}
			for b.Loop() {
				op()
			}
		})
	})
}

// sizes of messages, as in `openssl speed`.
var sizes = []struct {
	name  string
	bytes int
}{{"64B", 64}, {"1KiB", 1 << 10}, {"16KiB", 16 << 10}, {"1MiB", 1 << 20}}

// speed of the primitives, each beside the standard library's like.
func speed() {
	for _, s := range subject.All() {
		hashSpeed(s)
		cipherSpeed(s)
		keySpeed(s)
	}
	standardSpeed()
}

func hashSpeed(s subject.Subject) {
	for _, size := range sizes {
		measured("SM3/"+size.name+"/"+s.Name, size.bytes, func() func() {
			msg := make([]byte, size.bytes)
			return func() { s.Hash.Sum(msg) }
		})
	}
}

const bulk = 16 << 10

func cipherSpeed(s subject.Subject) {
	for _, m := range s.Modes {
		if m.Padded && m.Name != "ECB" || m.Name == "OFB" || m.Name == "CFB" || m.Name == "BC" {
			continue // no faster and no slower than those that are measured
		}
		measured("SM4-"+m.Name+"/16KiB/"+s.Name+" "+way(m.Via), bulk, func() func() {
			key, iv, msg := make([]byte, 16), make([]byte, 16), make([]byte, bulk)
			return func() { must(second(m.Crypt(key, iv, msg, false))) }
		})
	}
	for _, a := range s.AEADs {
		measured("SM4-"+a.Name+"/16KiB/"+s.Name+" "+way(a.Via), bulk, func() func() {
			c, err := a.New(make([]byte, 16), 12, 16)
			must(err)
			return seal(c)
		})
	}
}

func seal(c cipher.AEAD) func() {
	nonce, msg, out := make([]byte, 12), make([]byte, bulk), make([]byte, 0, bulk+16)
	return func() { c.Seal(out, nonce, msg, nil) }
}

func keySpeed(s subject.Subject) {
	key := benchKey()
	pub := func() []byte { return publicOf(key) }
	msg := bytes.Repeat([]byte{'m'}, 48)
	measured("SM2-keygen/"+s.Name, 0, func() func() {
		return func() {
			_, _, err := s.Keys.Generate(rand.Reader)
			must(err)
		}
	})
	measured("SM2-sign/"+s.Name, 0, func() func() {
		return func() { must(second(s.Signature.Sign(key, reference.DefaultID, msg, rand.Reader))) }
	})
	measured("SM2-verify/"+s.Name, 0, func() func() {
		pub := pub()
		sig, err := s.Signature.Sign(key, reference.DefaultID, msg, rand.Reader)
		must(err)
		return func() { must(second(s.Signature.Verify(pub, reference.DefaultID, msg, sig))) }
	})
	measured("SM2-encrypt/48B/"+s.Name, 0, func() func() {
		pub := pub()
		return func() { must(second(s.Encryption.Encrypt(pub, msg, subject.C1C3C2, rand.Reader))) }
	})
	measured("SM2-decrypt/48B/"+s.Name, 0, func() func() {
		ct, err := s.Encryption.Encrypt(pub(), msg, subject.C1C3C2, rand.Reader)
		must(err)
		return func() { must(second(s.Encryption.Decrypt(key, ct, subject.C1C3C2))) }
	})
}

// standardSpeed measures what the others are held against.
func standardSpeed() {
	for _, size := range sizes[2:] {
		measured("SHA-256/"+size.name+"/standard library", size.bytes, func() func() {
			msg := make([]byte, size.bytes)
			return func() { sha256.Sum256(msg) }
		})
	}
	measured("AES-GCM/16KiB/standard library", bulk, func() func() {
		b, err := aes.NewCipher(make([]byte, 16))
		must(err)
		c, err := cipher.NewGCM(b)
		must(err)
		return seal(c)
	})
	key := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(err)
		return k
	}
	digest := make([]byte, 32)
	measured("ECDSA-P256-keygen/standard library", 0, func() func() { return func() { key() } })
	measured("ECDSA-P256-sign/standard library", 0, func() func() {
		k := key()
		return func() { must(second(ecdsa.SignASN1(rand.Reader, k, digest))) }
	})
	measured("ECDSA-P256-verify/standard library", 0, func() func() {
		k := key()
		sig, err := ecdsa.SignASN1(rand.Reader, k, digest)
		must(err)
		return func() { ecdsa.VerifyASN1(&k.PublicKey, digest, sig) }
	})
}

// second is the error of a call that returns a value as well.
func second[T any](_ T, err error) error { return err }

// benchKey is a private key that is the same in each run.
func benchKey() []byte {
	key := make([]byte, 32)
	for i := range key {
		key[i] = byte(i + 1)
	}
	return key
}
