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

// comparison is one operation that all subjects and the formulas do with the same random input. draw makes an input and
// returns a function that does the operation with a subject; a refusal is an answer, too.
type comparison struct {
	name, area string
	severity   record.Severity
	draw       func(r *rand.Rand, round int) func(subject.Subject) ([]byte, error)
	rounds     int
}

var comparisons = []comparison{
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

// differential registers the comparisons. A subject that differs from the formulas has a finding.
func differential() {
	voters := append(subject.All(), subject.Formulas())
	for _, c := range comparisons {
		for _, s := range subject.All() {
			d := defect{c.area, "outvoted-" + slug(c.name), c.severity, "formulas of the standard"}
			requirement(c.name+": "+s.Name+" votes with the majority", s, d, func() error {
				return c.run(s, voters, check.Rand())
			})
		}
	}
	ginkgo.It("the seed of this run's random inputs", func() {
		check.ObserveDiffers("seed", check.Seed(), record.Say("each run has new random inputs", "每次运行重新抽取"))
	})
}

// run does the rounds of the comparison. In a virtual machine and under an emulator, which repeat at a twentieth of the speed what
// the machine itself does, it does every third round: with the same inputs, and both directions.
func (c comparison) run(s subject.Subject, voters []subject.Subject, r *rand.Rand) error {
	every := check.IfNative(1, 3)
	for round := range c.rounds {
		own := rand.New(rand.NewPCG(r.Uint64(), r.Uint64())) // independent of how many bytes the rounds before have used
		if round%every != 0 {
			continue
		}
		if err := vote(s, voters, c.draw(own, round)); err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
	}
	return nil
}

// vote compares the answer of s with that of the formulas, and returns an error if they differ. The error says how many of
// the voters give the formulas' answer, but the formulas alone decide.
func vote(s subject.Subject, voters []subject.Subject, do func(subject.Subject) ([]byte, error)) error {
	own, err := answer(s, do)
	if err != nil {
		return err
	}
	want, err := answer(subject.Formulas(), do)
	if err != nil {
		mustPrepareInJudge(fmt.Errorf("the formulas: %w", err))
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

// answer returns a voter's answer as text; "refused" is an answer. It returns an error if the voter does not have the
// operation.
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

// slug returns the part of a finding's id for the name of a comparison.
func slug(name string) string {
	return string(bytes.ReplaceAll(bytes.ToLower([]byte(name)), []byte(" "), []byte("-")))
}

// randomBytes returns n random bytes.
func randomBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	fill(r, b)
	return b
}

func drawDigest(r *rand.Rand, round int) func(subject.Subject) ([]byte, error) {
	msg := randomBytes(r, round*7+r.IntN(64))
	return func(s subject.Subject) ([]byte, error) { return s.Hash.Sum(msg), nil }
}

func drawBlock(r *rand.Rand, _ int) func(subject.Subject) ([]byte, error) {
	key, block := randomBytes(r, 16), randomBytes(r, 16)
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
		key, iv, msg := randomBytes(r, 16), randomBytes(r, 16), randomBytes(r, unit*(1+round*2+r.IntN(16)))
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
	key, iv, msg, aad := randomBytes(r, 16), randomBytes(r, 12), randomBytes(r, round*9+r.IntN(32)), randomBytes(r, r.IntN(80))
	return func(s subject.Subject) ([]byte, error) {
		c, err := s.AEADs[0].New(key, 12, 16)
		if err != nil {
			return nil, err
		}
		return c.Seal(nil, iv, msg, aad), nil
	}
}

// drawSignature makes a right signature, and changes one byte of it: the bytes 0, 3, 6 … in turn.
func drawSignature(r *rand.Rand, round int) func(subject.Subject) ([]byte, error) {
	key, msg := randomKey(r), randomBytes(r, 32)
	pub := publicOf(key)
	sig, err := subject.Formulas().Signature.Sign(key, formulas.DefaultID, msg, bytes.NewReader(randomBytes(r, 32)))
	mustPrepareInJudge(err)
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

// drawCiphertext makes a right ciphertext, and changes one byte of it: the bytes 0, 3, 6 … in turn.
func drawCiphertext(r *rand.Rand, round int) func(subject.Subject) ([]byte, error) {
	key := randomKey(r)
	ct, err := subject.Formulas().Encryption.Encrypt(publicOf(key), randomBytes(r, 16), subject.C1C3C2, bytes.NewReader(randomBytes(r, 32)))
	mustPrepareInJudge(err)
	if at := 3 * round; at < len(ct) {
		ct[at] ^= byte(1 + r.IntN(255))
	}
	for ct[0] != 4 && ct[0] <= 7 { // other encodings of a point are the standard's too, and have vectors of their own
		ct[0] = byte(r.IntN(256))
	}
	return func(s subject.Subject) ([]byte, error) { return s.Encryption.Decrypt(key, ct, subject.C1C3C2) }
}

// randomKey returns a private key below n - 1.
func randomKey(r *rand.Rand) []byte {
	key := randomBytes(r, 32)
	key[0] = 0
	return key
}

// publicOf returns the public key of a private key, by the formulas.
func publicOf(key []byte) []byte { return formulas.G.Mul(new(big.Int).SetBytes(key)).Bytes() }

var errRefused = errors.New("refused")
