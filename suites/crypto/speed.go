package crypto

import (
	"crypto/rand"
	"testing"

	"github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto/reference"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// speed of the primitives.
func speed() {
	for _, s := range subject.All() {
		ginkgo.It("SM3 16 KiB: "+s.Name, check.Bench(), func() {
			msg := make([]byte, 16<<10)
			check.Benchmark("SM3/16KiB/"+s.Name, func(b *testing.B) {
				b.SetBytes(int64(len(msg)))
				for b.Loop() {
					s.Hash.Sum(msg)
				}
			})
		})
		ginkgo.It("SM4 block: "+s.Name, check.Bench(), func() {
			c, err := s.Block.NewCipher(make([]byte, 16))
			must(err)
			block := make([]byte, 16)
			check.Benchmark("SM4/block/"+s.Name, func(b *testing.B) {
				b.SetBytes(16)
				for b.Loop() {
					c.Encrypt(block, block)
				}
			})
		})
		ginkgo.It("SM2 sign: "+s.Name, check.Bench(), func() {
			key := benchKey()
			check.Benchmark("SM2/sign/"+s.Name, func(b *testing.B) {
				for b.Loop() {
					_, err := s.Signature.Sign(key, reference.DefaultID, key, rand.Reader)
					must(err)
				}
			})
		})
	}
}

// benchKey is a private key that is the same in each run.
func benchKey() []byte {
	key := make([]byte, 32)
	for i := range key {
		key[i] = byte(i + 1)
	}
	return key
}
