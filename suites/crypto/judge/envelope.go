package judge

import (
	"bytes"
	"fmt"
	"math/rand/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

const envelopeClause = "GB/T 35276-2017 §7.4"

// Envelope requires the private key out of a valid envelope, and an error for an invalid one.
func Envelope(e subject.Envelope, t vectors.Test) error {
	if e == nil {
		return &Unsupported{"SM2EnvelopedKey"}
	}
	var key []byte
	err := Attempt(func() (err error) {
		key, err = e.Open(t.Bytes("d"), t.Bytes("der"))
		return err
	})
	switch {
	case crashed(err):
		return fmt.Errorf("%w on %s", err, short(t.Bytes("der")))
	case t.Result == vectors.Invalid && err == nil:
		return fmt.Errorf("opened %s as the key %x", short(t.Bytes("der")), key)
	case t.Result == vectors.Valid && err != nil:
		return fmt.Errorf("refused a valid envelope %s: %w", short(t.Bytes("der")), err)
	case t.Result != vectors.Invalid && err == nil && !bytes.Equal(key, t.Bytes("key")):
		return differs("the key", key, t.Bytes("key"))
	}
	return nil
}

// EnvelopeRequirements are about making envelopes.
var EnvelopeRequirements = []Requirement{
	{"envelope-written", "8 envelopes are opened by the formulas", record.Critical, envelopeClause, envelopeWritten},
	{"envelope-fresh", "two envelopes of one key differ", record.High, envelopeClause, envelopeFresh},
	{"envelope-random-error", "a failing source of randomness is an error", record.High, envelopeClause, envelopeRandomError},
}

func envelopeWritten(s subject.Subject, r *rand.Rand) error {
	for range 8 {
		recipient, pub := randomKey(r)
		key, _ := randomKey(r)
		der, err := s.Envelope.Seal(pub, key, source{r})
		if err != nil {
			return fmt.Errorf("sealing: %w", err)
		}
		back, err := subject.Formulas().Envelope.Open(recipient, der)
		if err != nil || !bytes.Equal(back, key) {
			return fmt.Errorf("the key %x came back from %x as %x (%w)", key, der, back, orNothing(err))
		}
	}
	return nil
}

func envelopeFresh(s subject.Subject, r *rand.Rand) error {
	_, pub := randomKey(r)
	key, _ := randomKey(r)
	first, err := s.Envelope.Seal(pub, key, source{r})
	if err != nil {
		return err
	}
	second, err := s.Envelope.Seal(pub, key, source{r})
	if err == nil && bytes.Equal(first, second) {
		err = fmt.Errorf("both are %s", short(first))
	}
	return err
}

func envelopeRandomError(s subject.Subject, r *rand.Rand) error {
	_, pub := randomKey(r)
	key, _ := randomKey(r)
	return refused("sealing", func() error {
		_, err := s.Envelope.Seal(pub, key, broken{})
		return err
	})
}
