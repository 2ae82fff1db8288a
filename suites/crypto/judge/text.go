package judge

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// PKCS7Requirements are about reading messages.
var PKCS7Requirements = []Requirement{
	{"pkcs7-malformed", "messages of a few bytes are refused", record.Medium, "GB/T 35275-2017", pkcs7Short},
	{"pkcs7-malformed", "8,000 random messages are refused", record.Medium, "GB/T 35275-2017", pkcs7Random},
}

func pkcs7Short(s subject.Subject, _ *rand.Rand) error {
	for _, text := range []string{"1f", "30", "3080", "1f80", "3f", "3081", "30820000", "3180", "0480", "3084ffffffff", "a080", "308030"} {
		der, err := hex.DecodeString(text)
		if err != nil {
			return err
		}
		if err := refused(text, func() error { return s.ParsePKCS7(der) }); err != nil {
			return err
		}
	}
	return nil
}

// pkcs7Random tries so often that a failure with a probability of 1/300 happens in every run.
func pkcs7Random(s subject.Subject, r *rand.Rand) error {
	for range 8000 {
		der := append([]byte{0x30, 0x80, 6, byte(r.IntN(12))}, randomBytes(r, r.IntN(40))...)
		if err := refused(fmt.Sprintf("%x", der), func() error { return s.ParsePKCS7(der) }); err != nil {
			return err
		}
	}
	return nil
}

// TextRequirements are about keys as hexadecimal text.
var TextRequirements = []Requirement{
	{"hex-round-trip", "a private key comes back from hexadecimal text", record.High, keyClause, hexRoundTrip(0x7f)},
	{"hex-leading-zero", "a private key with a leading zero comes back from hexadecimal text", record.Medium, keyClause, hexRoundTrip(0x0a)},
	{"hex-public-off-curve", "a public key off the curve is refused as hexadecimal text", record.High, "GB/T 32918.1-2016 §6.2.1", hexOffCurve},
	{"hex-key-zero", "the private key 0 is refused as hexadecimal text", record.Medium, keyClause, hexRefuses(make([]byte, 32))},
	{"hex-key-over-range", "the private keys n - 1 and n are refused as hexadecimal text", record.Medium, keyClause, hexRefuses(below(0))},
	{"hex-short", "text of another length is refused", record.Low, keyClause, hexShort},
}

func hexRoundTrip(first byte) func(subject.Subject, *rand.Rand) error {
	return func(s subject.Subject, r *rand.Rand) error {
		key, _ := randomKey(r)
		key[0] = first
		text := s.Text.WritePrivate(key)
		if back, err := s.Text.ReadPrivate(text); err != nil || !bytes.Equal(back, key) {
			return fmt.Errorf("%x came back from %q as %x (%w)", key, text, back, orNothing(err))
		}
		return nil
	}
}

func hexOffCurve(s subject.Subject, _ *rand.Rand) error {
	for _, name := range slices.Sorted(maps.Keys(offPoints)) {
		if err := refused(name, func() error {
			_, err := s.Text.ReadPublic(hex.EncodeToString(offPoints[name].Bytes()))
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

func hexRefuses(key []byte) func(subject.Subject, *rand.Rand) error {
	return func(s subject.Subject, _ *rand.Rand) error {
		return refused(short(key), func() error {
			_, err := s.Text.ReadPrivate(hex.EncodeToString(key))
			return err
		})
	}
}

func hexShort(s subject.Subject, _ *rand.Rand) error {
	for _, text := range []string{"", "0", "zz", strings.Repeat("0", 63), hex.EncodeToString(formulas.G.Bytes()[:64])} {
		if err := refused(fmt.Sprintf("the public key %q", text), func() error {
			_, err := s.Text.ReadPublic(text)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}
