package crypto

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"

	"github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/judge"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// contest is one operation that all subjects and the formulas do on the same random input. draw makes an input and
// returns what each does with it; a refusal is an answer as well.
type contest struct {
	name, area string
	severity   record.Severity
	draw       func(r *rand.Rand, round int) func(subject.Subject) ([]byte, error)
	rounds     int
}

var contests = []contest{
	{"SM3", "sm3", record.Critical, drawDigest, 60},
	{"SM4 block", "sm4", record.Critical, drawBlock, 60},
	{"SM4-CBC", "sm4", record.Critical, drawMode("CBC", 16), 30},
	{"SM4-CTR", "sm4", record.Critical, drawMode("CTR", 1), 30},
	{"SM4-OFB", "sm4", record.Critical, drawMode("OFB", 1), 20},
	{"SM4-CFB", "sm4", record.Critical, drawMode("CFB", 1), 20},
	{"SM4-GCM", "sm4", record.Critical, drawGCM, 30},
	{"SM2 verification of mutated signatures", "sm2", record.High, drawSignature, 24},
	{"SM2 decryption of mutated ciphertexts", "sm2", record.High, drawCiphertext, 35},
}

// differential puts each contest to the vote: who differs from the formulas has a finding.
func differential() {
	voters := append(subject.All(), subject.Formulas())
	for _, c := range contests {
		for _, s := range subject.All() {
			d := defect{c.area, "outvoted-" + slug(c.name), c.severity, "formulas of the standard"}
			requirement(c.name+": "+s.Name+" votes with the majority", s, d, func() error {
				return c.held(s, voters, check.Rand())
			})
		}
	}
	ginkgo.It("the seed of this run's random inputs", func() {
		check.ObserveDiffers("seed", check.Seed(), record.Say("each run draws anew", "每次运行重新抽取"))
	})
}

// held puts the rounds to the vote. In a virtual machine and under an emulator, which repeat what the machine itself does
// twenty times as slowly, it is every third one: the same inputs, lengths and places in smaller number, and both directions.
func (c contest) held(s subject.Subject, voters []subject.Subject, r *rand.Rand) error {
	every := check.IfNative(1, 3)
	for round := range c.rounds {
		own := rand.New(rand.NewPCG(r.Uint64(), r.Uint64())) // whatever the rounds before have drawn
		if round%every != 0 {
			continue
		}
		if err := vote(s, voters, c.draw(own, round)); err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
	}
	return nil
}

// vote compares what s does with what the formulas give. Other subjects do not outvote these, and neither are they accused
// for s: how many of the voters say the same is told beside it.
func vote(s subject.Subject, voters []subject.Subject, do func(subject.Subject) ([]byte, error)) error {
	own, err := answer(s, do)
	if err != nil {
		return err
	}
	want, err := answer(subject.Formulas(), do)
	if err != nil {
		prepared(fmt.Errorf("the formulas: %w", err))
	}
	if own == want {
		return nil
	}
	n := 0
	for _, v := range voters {
		if got, err := answer(v, do); err == nil && got == want {
			n++
		}
	}
	return fmt.Errorf("%s, but the formulas of the standard, and with them %d of %d, say %s", own, n, len(voters), want)
}

// answer is a voter's answer as text. To refuse is one; not to have the operation is none.
func answer(v subject.Subject, do func(subject.Subject) ([]byte, error)) (string, error) {
	var out []byte
	err := judge.Attempt(func() (err error) { out, err = do(v); return err })
	_, fault := errors.AsType[*judge.Fault](err)
	switch {
	case fault || isUnsupported(err):
		return "", err
	case errors.Is(err, judge.ErrPanic):
		return err.Error(), nil
	case err != nil:
		return "refused", nil
	}
	return fmt.Sprintf("%x", out), nil
}

func slug(name string) string {
	return string(bytes.ReplaceAll(bytes.ToLower([]byte(name)), []byte(" "), []byte("-")))
}

func drawn(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	fill(r, b)
	return b
}

func drawDigest(r *rand.Rand, round int) func(subject.Subject) ([]byte, error) {
	msg := drawn(r, round*7+r.IntN(64))
	return func(s subject.Subject) ([]byte, error) { return s.Hash.Sum(msg), nil }
}

func drawBlock(r *rand.Rand, _ int) func(subject.Subject) ([]byte, error) {
	key, block := drawn(r, 16), drawn(r, 16)
	return func(s subject.Subject) ([]byte, error) {
		c, err := s.Block.NewCipher(key)
		if err != nil {
			return nil, err
		}
		out := make([]byte, 32)
		c.Encrypt(out, block)
		c.Decrypt(out[16:], block)
		return out, nil
	}
}

func drawMode(name string, unit int) func(*rand.Rand, int) func(subject.Subject) ([]byte, error) {
	return func(r *rand.Rand, round int) func(subject.Subject) ([]byte, error) {
		key, iv, msg := drawn(r, 16), drawn(r, 16), drawn(r, unit*(1+round*2+r.IntN(16)))
		return func(s subject.Subject) ([]byte, error) {
			for _, m := range s.Modes {
				if m.Name == name && !m.Padded {
					return m.Crypt(key, iv, msg, round%2 == 1)
				}
			}
			return nil, &judge.Unsupported{What: name}
		}
	}
}

func drawGCM(r *rand.Rand, round int) func(subject.Subject) ([]byte, error) {
	key, iv, msg, aad := drawn(r, 16), drawn(r, 12), drawn(r, round*9+r.IntN(32)), drawn(r, r.IntN(80))
	return func(s subject.Subject) ([]byte, error) {
		c, err := s.AEADs[0].New(key, 12, 16)
		if err != nil {
			return nil, err
		}
		return c.Seal(nil, iv, msg, aad), nil
	}
}

// drawSignature changes one byte of a right signature: every third in turn.
func drawSignature(r *rand.Rand, round int) func(subject.Subject) ([]byte, error) {
	key, msg := drawnKey(r), drawn(r, 32)
	pub := publicOf(key)
	sig, err := subject.Formulas().Signature.Sign(key, formulas.DefaultID, msg, bytes.NewReader(drawn(r, 32)))
	prepared(err)
	if at := 3 * round; at < len(sig) {
		sig[at] ^= byte(1 + r.IntN(255))
	}
	return func(s subject.Subject) ([]byte, error) {
		ok, err := s.Signature.Verify(pub, formulas.DefaultID, msg, sig)
		if err == nil && !ok {
			err = errRefused
		}
		return nil, err
	}
}

// drawCiphertext changes one byte of a right ciphertext: every third in turn, and so the first each time.
func drawCiphertext(r *rand.Rand, round int) func(subject.Subject) ([]byte, error) {
	key := drawnKey(r)
	ct, err := subject.Formulas().Encryption.Encrypt(publicOf(key), drawn(r, 16), subject.C1C3C2, bytes.NewReader(drawn(r, 32)))
	prepared(err)
	if at := 3 * round; at < len(ct) {
		ct[at] ^= byte(1 + r.IntN(255))
	}
	for ct[0] != 4 && ct[0] <= 7 { // other encodings of a point are the standard's too, and have vectors of their own
		ct[0] = byte(r.IntN(256))
	}
	return func(s subject.Subject) ([]byte, error) { return s.Encryption.Decrypt(key, ct, subject.C1C3C2) }
}

// drawnKey is a private key below n - 1.
func drawnKey(r *rand.Rand) []byte {
	key := drawn(r, 32)
	key[0] = 0
	return key
}

func publicOf(key []byte) []byte { return formulas.G.Mul(new(big.Int).SetBytes(key)).Bytes() }

var errRefused = errors.New("refused")
