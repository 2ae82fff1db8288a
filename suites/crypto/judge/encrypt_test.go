package judge

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// TestZeroMask has a subject that continues correctly and passes, also with a key for which the second number is discarded, too.
// A subject that continues with a point that it has overwritten fails.
func TestZeroMask(t *testing.T) {
	source := func(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
	for seed := uint64(0); ; seed++ {
		_, pub := randomKey(source(seed))
		p, err := formulas.ParsePoint(pub)
		if err != nil {
			t.Fatal(err)
		}
		if formulas.KDF(p.Mul(number(below(1000))).Bytes()[1:], 1)[0] != 0 {
			continue
		}
		if err := encryptZeroMask(subject.TJFOC(), source(seed)); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
		break
	}
	for seed := range uint64(4) {
		if err := encryptZeroMask(subject.Emmansun(), source(seed)); err == nil || !strings.Contains(err.Error(), "does not open") {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}
