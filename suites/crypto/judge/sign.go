package judge

import (
	"bytes"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

const (
	signClause = "GB/T 32918.2-2016 §6.1"
	keyClause  = "GB/T 32918.1-2016 §6.1"
)

// SignRequirements are about making signatures and keys.
var SignRequirements = []Requirement{
	{"sign-key-zero", "the private key 0 is refused", record.Medium, keyClause, signRefuses(make([]byte, 32))},
	{"sign-key-n-minus-one", "the private key n - 1, for which 1 + d has no inverse, is refused", record.Medium, keyClause, signRefuses(below(1))},
	{"sign-key-over-range", "the private key n is refused", record.Medium, keyClause, signRefuses(below(0))},
	{"sign-key-over-range", "the private key n + 1 is refused", record.Medium, keyClause, signRefuses(below(-1))},
	{"sign-key-over-range", "the private key 2^256 - 1 is refused", record.Medium, keyClause, signRefuses(bytes.Repeat([]byte{0xff}, 32))},
	{"sign-edge-key", "the private key 1 signs", record.Medium, keyClause, signs(scalar(1))},
	{"sign-edge-key", "the private key n - 2 signs", record.Medium, keyClause, signs(below(2))},
	{"sign-empty-message", "the empty message is signed", record.Low, signClause, signEmpty},
	{"sign-random-error", "a failing source of randomness is an error", record.High, signClause, signRandomError},
	{"sign-random-short", "a source that ends early is an error", record.High, signClause, signRandomShort},
	{"sign-nonce-repeats", "a stuck source of randomness does not give the private key away", record.High, signClause + " A3", signStuck},
	{"sign-overlong-id", "an ID of 8192 bytes is refused", record.Medium, "GB/T 32918.2-2016 §5.5", signOverlongID},
	{"sign-random", "signatures under 8 random keys verify by the formulas", record.Critical, signClause, signRandom},
	{"sign-fresh", "two signatures of one message differ", record.High, signClause + " A3", signFresh},
	{"generate-range", "8 generated keys lie in [1, n-2] and fit their public keys", record.Critical, keyClause, generateRange},
	{"generate-random-error", "a failing source of randomness gives no key", record.High, keyClause, generateRandomError},
	{"generate-edge-random", "a source of ones, then of zeros, gives a key in range or an error, not an endless search", record.Medium, keyClause, generateEdge},
	{"digest-width", "the digest keeps its leading zero bytes", record.Low, "GB/T 32918.2-2016 §6.1 A2", digestWidth},
	{"digest", "the digest is SM3(Z, M) by the formulas", record.Critical, "GB/T 32918.2-2016 §5.5", digestValue},
}

func signRefuses(key []byte) func(subject.Subject, *rand.Rand) error {
	return func(s subject.Subject, r *rand.Rand) error {
		return refused("signing", func() error {
			_, err := s.Signature.Sign(key, formulas.DefaultID, []byte("message"), &Bounded{source{r}, 1000})
			return err
		})
	}
}

func signs(key []byte) func(subject.Subject, *rand.Rand) error {
	return func(s subject.Subject, r *rand.Rand) error {
		return signedRight(s, key, []byte("message"), &Bounded{source{r}, 1000})
	}
}

// signedRight signs, and verifies the signature by the formulas.
func signedRight(s subject.Subject, key, msg []byte, random io.Reader) error {
	sig, err := s.Signature.Sign(key, formulas.DefaultID, msg, random)
	if err != nil {
		return fmt.Errorf("signing under %x: %w", key, err)
	}
	pub := formulas.G.Mul(number(key)).Bytes()
	if ok, err := subject.Formulas().Signature.Verify(pub, formulas.DefaultID, msg, sig); !ok {
		return fmt.Errorf("signing under %x gave %x, which is wrong (%v)", key, sig, err)
	}
	return nil
}

func signEmpty(s subject.Subject, r *rand.Rand) error {
	key, _ := randomKey(r)
	return signedRight(s, key, nil, source{r})
}

func signRandomError(s subject.Subject, r *rand.Rand) error {
	key, _ := randomKey(r)
	return refused("signing", func() error {
		_, err := s.Signature.Sign(key, formulas.DefaultID, []byte("message"), broken{})
		return err
	})
}

func signRandomShort(s subject.Subject, r *rand.Rand) error {
	key, _ := randomKey(r)
	return refused("signing with 10 bytes of randomness", func() error {
		_, err := s.Signature.Sign(key, formulas.DefaultID, []byte("message"), bytes.NewReader(make([]byte, 10)))
		return err
	})
}

// signStuck signs two messages with the same random bytes. If the random number k is the same for both, the two equations
// s(1 + d) = k − r·d give the private key d.
func signStuck(s subject.Subject, r *rand.Rand) error {
	key, _ := randomKey(r)
	var v [2]struct{ R, S *big.Int }
	for i, msg := range []string{"one message", "another message"} {
		sig, err := s.Signature.Sign(key, formulas.DefaultID, []byte(msg), Stuck(0x5a))
		if err != nil {
			return nil // refusing to sign with such a source is right as well
		}
		if _, err := asn1.Unmarshal(sig, &v[i]); err != nil {
			return err
		}
	}
	ds := new(big.Int).Sub(v[1].S, v[0].S)
	sum := new(big.Int).Sub(new(big.Int).Neg(ds), new(big.Int).Sub(v[1].R, v[0].R))
	inverse := new(big.Int).ModInverse(sum.Mod(sum, formulas.N), formulas.N)
	if inverse == nil {
		return nil
	}
	if d := ds.Mul(ds, inverse); d.Mod(d, formulas.N).Cmp(number(key)) == 0 {
		return fmt.Errorf("two signatures made with the same randomness gave the private key %x", key)
	}
	return nil
}

func signOverlongID(s subject.Subject, r *rand.Rand) error {
	key, _ := randomKey(r)
	return refused("signing", func() error {
		_, err := s.Signature.Sign(key, make([]byte, 8192), []byte("message"), source{r})
		return err
	})
}

func signRandom(s subject.Subject, r *rand.Rand) error {
	for i := range 8 {
		key, _ := randomKey(r)
		if err := signedRight(s, key, randomBytes(r, 1+i), source{r}); err != nil {
			return err
		}
	}
	return nil
}

func signFresh(s subject.Subject, r *rand.Rand) error {
	key, _ := randomKey(r)
	var sigs [2][]byte
	for i := range sigs {
		sig, err := s.Signature.Sign(key, formulas.DefaultID, []byte("message"), source{r})
		if err != nil {
			return err
		}
		sigs[i] = sig
	}
	if bytes.Equal(sigs[0], sigs[1]) {
		return fmt.Errorf("both are %x", sigs[0])
	}
	return nil
}

func generateRange(s subject.Subject, r *rand.Rand) error {
	for range 8 {
		key, pub, err := s.Keys.Generate(source{r})
		if err != nil {
			return err
		}
		if err := keyFits(key, pub); err != nil {
			return err
		}
	}
	return nil
}

func keyFits(key, pub []byte) error {
	d := number(key)
	if d.Sign() < 1 || d.Cmp(number(below(2))) > 0 {
		return fmt.Errorf("the private key %x is outside [1, n-2]", key)
	}
	if want := formulas.G.Mul(d).Bytes(); !bytes.Equal(pub, want) {
		return differs("the public key", pub, want)
	}
	return nil
}

func generateRandomError(s subject.Subject, _ *rand.Rand) error {
	return refused("generation", func() error {
		_, _, err := s.Keys.Generate(broken{})
		return err
	})
}

func generateEdge(s subject.Subject, _ *rand.Rand) error {
	for _, first := range []byte{0xff, 0} {
		random := io.MultiReader(io.LimitReader(Stuck(first), 64), io.LimitReader(Stuck(0x11), 4096))
		key, pub, err := s.Keys.Generate(&Bounded{random, 1000})
		if err != nil {
			continue
		}
		if err := keyFits(key, pub); err != nil {
			return fmt.Errorf("from bytes %#02x: %w", first, err)
		}
	}
	return nil
}

func digestWidth(s subject.Subject, r *rand.Rand) error {
	if s.Digest == nil {
		return &Unsupported{"the digest by itself"}
	}
	_, pub := randomKey(r)
	p, err := formulas.ParsePoint(pub)
	if err != nil {
		return err
	}
	for {
		msg := randomBytes(r, 16)
		want := formulas.Digest(p, formulas.DefaultID, msg)
		if want[0] != 0 {
			continue
		}
		got, err := s.Digest(pub, formulas.DefaultID, msg)
		if err == nil && !bytes.Equal(got, want[:]) {
			err = differs(fmt.Sprintf("the digest of %x", msg), got, want[:])
		}
		return err
	}
}

func digestValue(s subject.Subject, r *rand.Rand) error {
	if s.Digest == nil {
		return &Unsupported{"the digest by itself"}
	}
	_, pub := randomKey(r)
	p, err := formulas.ParsePoint(pub)
	if err != nil {
		return err
	}
	for i := range 100 {
		id, msg := randomBytes(r, 1+i*80), randomBytes(r, i)
		want := formulas.Digest(p, id, msg)
		got, err := s.Digest(pub, id, msg)
		if err == nil && new(big.Int).SetBytes(got).Cmp(number(want[:])) != 0 {
			err = differs(fmt.Sprintf("the digest with an ID of %d bytes", len(id)), got, want[:])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var (
	errNothing = errors.New("returned nothing, and no error either")
	errNoError = errors.New("no error")
)
