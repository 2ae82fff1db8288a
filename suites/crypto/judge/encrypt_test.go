package judge

import (
	"math/rand/v2"
	"testing"

	"github.com/xcmatrix/xcmatrix/suites/crypto/reference"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// TestZeroMaskSecondNumber: under one key in 256 the number given after the bad one is bad as well, and a right subject
// must not be blamed for asking on.
func TestZeroMaskSecondNumber(t *testing.T) {
	for seed := uint64(0); ; seed++ {
		_, pub := randomKey(rand.New(rand.NewPCG(seed, 0)))
		p, err := reference.ParsePoint(pub)
		if err != nil {
			t.Fatal(err)
		}
		if reference.KDF(p.Mul(number(below(1000))).Bytes()[1:], 1)[0] != 0 {
			continue
		}
		if err := encryptZeroMask(subject.Emmansun(), rand.New(rand.NewPCG(seed, 0))); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
		return
	}
}
