package crypto

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"testing"

	"github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto/judge"
	"github.com/xcmatrix/xcmatrix/suites/crypto/reference"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// speedOf is what is measured of one operation of one library.
type speedOf struct {
	name string // begins with the operation, ends with who does it: "SM3/1MiB/tjfoc"
	size int    // bytes that the operation works on; 0 where that says nothing
	like string // the operation of the standard library that it is held against: "SHA-256/1MiB"; "" for none
	path func() string
}

// by the standard library, as the names of its benchmarks end.
const standard = "standard library"

// measured registers one benchmark. prepare is called once; op does the whole once, and its error ends the spec.
func (o speedOf) measured(prepare func() (op func() error)) {
	if !check.Asks("speed / " + o.name) {
		return // what is held of the tree, each collection of garbage has to look through
	}
	ginkgo.It(o.name, check.Bench(), func() {
		op := prepare()
		check.BenchmarkAs(o.sample(), func(b *testing.B) {
			if o.size > 0 {
				b.SetBytes(int64(o.size))
			}
			if err := judge.Recover(func() error {
				check.Begin(b)
				for b.Loop() {
					if err := op(); err != nil {
						return err
					}
				}
				check.End(b)
				return nil
			}); err != nil { // in a goroutine of the benchmark's, where no spec can end
				check.Fatal(b, err)
			}
		})
	})
}

func (o speedOf) sample() record.Sample {
	s := record.Sample{Name: o.name, Path: o.path()}
	if o.like != "" {
		s.Reference = o.like + "/" + standard
	}
	return s
}

// sizes of messages, as in `openssl speed`.
var sizes = []struct {
	name  string
	bytes int
}{{"64B", 64}, {"1KiB", 1 << 10}, {"16KiB", 16 << 10}, {"1MiB", 1 << 20}}

// speed of the primitives, each beside the standard library's like and the machine's OpenSSL.
func speed() {
	for _, s := range subject.All() {
		hashSpeed(s)
		cipherSpeed(s)
		keySpeed(s)
	}
	standardSpeed()
	opensslSpeed()
}

func hashSpeed(s subject.Subject) {
	for _, size := range sizes {
		speedOf{"SM3/" + size.name + "/" + s.Name, size.bytes, "SHA-256/" + size.name, path(s.Assembly, forSM3)}.measured(func() func() error {
			msg := make([]byte, size.bytes)
			return func() error { s.Hash.Sum(msg); return nil }
		})
	}
}

const bulk = 16 << 10

func cipherSpeed(s subject.Subject) {
	for _, m := range s.Modes {
		if m.Padded && m.Name != "ECB" || m.Name == "OFB" || m.Name == "CFB" || m.Name == "BC" {
			continue // no faster and no slower than those that are measured
		}
		name := "SM4-" + m.Name + "/16KiB/" + s.Name + " " + way(m.Via)
		speedOf{name, bulk, "AES-GCM/16KiB", path(s.Assembly, forSM4)}.measured(func() func() error {
			key, iv, msg := make([]byte, 16), make([]byte, 16), make([]byte, bulk)
			return func() error { return second(m.Crypt(key, iv, msg, false)) }
		})
	}
	for _, a := range s.AEADs {
		name := "SM4-" + a.Name + "/16KiB/" + s.Name + " " + way(a.Via)
		speedOf{name, bulk, "AES-GCM/16KiB", path(s.Assembly, forSM4)}.measured(func() func() error {
			c, err := a.New(make([]byte, 16), 12, 16)
			must(err)
			return seal(c)
		})
	}
}

func seal(c cipher.AEAD) func() error {
	nonce, msg, out := make([]byte, 12), make([]byte, bulk), make([]byte, 0, bulk+16)
	return func() error { c.Seal(out, nonce, msg, nil); return nil }
}

func keySpeed(s subject.Subject) {
	key := benchKey()
	pub := func() []byte { return publicOf(key) }
	msg := bytes.Repeat([]byte{'m'}, 48)
	speedOf{"SM2-keygen/" + s.Name, 0, "ECDSA-P256-keygen", path(s.Assembly, forCurves)}.measured(func() func() error {
		return func() error {
			_, _, err := s.Keys.Generate(rand.Reader)
			return err
		}
	})
	speedOf{"SM2-sign/" + s.Name, 0, "ECDSA-P256-sign", path(s.Assembly, forCurves)}.measured(func() func() error {
		return func() error { return second(s.Signature.Sign(key, reference.DefaultID, msg, rand.Reader)) }
	})
	speedOf{"SM2-verify/" + s.Name, 0, "ECDSA-P256-verify", path(s.Assembly, forCurves)}.measured(func() func() error {
		pub := pub()
		sig, err := s.Signature.Sign(key, reference.DefaultID, msg, rand.Reader)
		must(err)
		return func() error { return second(s.Signature.Verify(pub, reference.DefaultID, msg, sig)) }
	})
	speedOf{"SM2-encrypt/48B/" + s.Name, 0, "", path(s.Assembly, forCurves)}.measured(func() func() error {
		pub := pub()
		return func() error { return second(s.Encryption.Encrypt(pub, msg, subject.C1C3C2, rand.Reader)) }
	})
	speedOf{"SM2-decrypt/48B/" + s.Name, 0, "", path(s.Assembly, forCurves)}.measured(func() func() error {
		ct, err := s.Encryption.Encrypt(pub(), msg, subject.C1C3C2, rand.Reader)
		must(err)
		return func() error { return second(s.Encryption.Decrypt(key, ct, subject.C1C3C2)) }
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
