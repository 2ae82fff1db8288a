package crypto

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"testing"

	"github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/judge"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// speedOf describes the benchmark of one operation of one library.
type speedOf struct {
	name     string // begins with the operation, ends with the library: "SM3/1MiB/tjfoc"
	size     int    // bytes that the operation works on; 0 if its speed does not depend on them
	baseline string // the operation of the standard library that it is compared with: "SHA-256/1MiB"; "" for none
	path     func() string
}

// standard is how the names of the standard library's benchmarks end.
const standard = "standard library"

// register registers the benchmark. prepare is called once; op performs the operation once, and its error ends the spec.
func (o speedOf) register(prepare func() (op func() error)) {
	if !check.Selected("speed / " + o.name) {
		return // each garbage collection has to scan Ginkgo's tree
	}
	ginkgo.It(o.name, check.Bench(), func() {
		op := prepare()
		check.BenchmarkAs(o.sample(), func(b *testing.B) {
			if o.size > 0 {
				b.SetBytes(int64(o.size))
			}
			if err := judge.Recover(func() error {
				check.BeforeLoop(b)
				for b.Loop() {
					if err := op(); err != nil {
						return err
					}
				}
				check.AfterLoop(b)
				return nil
			}); err != nil { // this goroutine is the benchmark's, and cannot end the spec
				check.Fatal(b, err)
			}
		})
	})
}

func (o speedOf) sample() record.Sample {
	s := record.Sample{Name: o.name, Path: o.path()}
	if o.baseline != "" {
		s.Reference = o.baseline + "/" + standard
	}
	return s
}

// sizes of messages, as in `openssl speed`.
var sizes = []struct {
	name  string
	bytes int
}{{"64B", 64}, {"1KiB", 1 << 10}, {"16KiB", 16 << 10}, {"1MiB", 1 << 20}}

// speed registers the benchmarks of the primitives, with those of the standard library and of the machine's OpenSSL to compare
// with.
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
		speedOf{"SM3/" + size.name + "/" + s.Name, size.bytes, "SHA-256/" + size.name, path(s.Assembly, forSM3)}.register(func() func() error {
			msg := make([]byte, size.bytes)
			return func() error { s.Hash.Sum(msg); return nil }
		})
	}
}

const bulk = 16 << 10

func cipherSpeed(s subject.Subject) {
	for _, m := range s.Modes {
		if m.Padded && m.Name != "ECB" || m.Name == "OFB" || m.Name == "CFB" || m.Name == "BC" {
			continue // as fast as the modes that are measured
		}
		name := "SM4-" + m.Name + "/16KiB/" + s.Name + " " + way(m.Via)
		speedOf{name, bulk, "AES-GCM/16KiB", path(s.Assembly, forSM4)}.register(func() func() error {
			key, iv, msg := make([]byte, 16), make([]byte, 16), make([]byte, bulk)
			return func() error { return errorOf(m.Crypt(key, iv, msg, false)) }
		})
	}
	for _, a := range s.AEADs {
		name := "SM4-" + a.Name + "/16KiB/" + s.Name + " " + way(a.Via)
		speedOf{name, bulk, "AES-GCM/16KiB", path(s.Assembly, forSM4)}.register(func() func() error {
			c, err := a.New(make([]byte, 16), 12, 16)
			mustPrepare(err)
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
	speedOf{"SM2-keygen/" + s.Name, 0, "ECDSA-P256-keygen", path(s.Assembly, forCurves)}.register(func() func() error {
		return func() error {
			_, _, err := s.Keys.Generate(rand.Reader)
			return err
		}
	})
	speedOf{"SM2-sign/" + s.Name, 0, "ECDSA-P256-sign", path(s.Assembly, forCurves)}.register(func() func() error {
		return func() error { return errorOf(s.Signature.Sign(key, formulas.DefaultID, msg, rand.Reader)) }
	})
	speedOf{"SM2-verify/" + s.Name, 0, "ECDSA-P256-verify", path(s.Assembly, forCurves)}.register(func() func() error {
		pub := pub()
		sig, err := s.Signature.Sign(key, formulas.DefaultID, msg, rand.Reader)
		mustPrepare(err)
		return func() error { return errorOf(s.Signature.Verify(pub, formulas.DefaultID, msg, sig)) }
	})
	speedOf{"SM2-encrypt/48B/" + s.Name, 0, "", path(s.Assembly, forCurves)}.register(func() func() error {
		pub := pub()
		return func() error { return errorOf(s.Encryption.Encrypt(pub, msg, subject.C1C3C2, rand.Reader)) }
	})
	speedOf{"SM2-decrypt/48B/" + s.Name, 0, "", path(s.Assembly, forCurves)}.register(func() func() error {
		ct, err := s.Encryption.Encrypt(pub(), msg, subject.C1C3C2, rand.Reader)
		mustPrepare(err)
		return func() error { return errorOf(s.Encryption.Decrypt(key, ct, subject.C1C3C2)) }
	})
}

// errorOf returns the error of a call that returns a value as well.
func errorOf[T any](_ T, err error) error { return err }

// benchKey returns a private key, the same in each run.
func benchKey() []byte {
	key := make([]byte, 32)
	for i := range key {
		key[i] = byte(i + 1)
	}
	return key
}
