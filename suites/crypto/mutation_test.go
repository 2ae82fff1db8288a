package crypto

import (
	"errors"
	"testing"

	"github.com/xcmatrix/xcmatrix/suites/crypto/judge"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// These tests show that the specs can fail: with vectors that have one wrong bit, and with subjects that give one wrong answer.

// verdicts runs one vector with a subject in every way, and returns how many are not met.
func verdicts(k known, s subject.Subject, t vectors.Test) (failed int) {
	for _, tr := range k.trials(s) {
		if tr.mode == t.Text("mode") {
			failed += unmet(func() error { return tr.run(t) })
		}
	}
	return failed
}

func unmet(met func() error) int {
	var unsupported *judge.Unsupported
	if err := judge.Attempt(met); err == nil || errors.As(err, &unsupported) {
		return 0
	}
	return 1
}

// right returns subjects that pass all known answers. Together they have all operations.
func right() []subject.Subject { return []subject.Subject{subject.Emmansun(), subject.Formulas()} }

func TestFlippedKnownAnswer(t *testing.T) {
	fields := []string{"key", "iv", "aad", "msg", "ct", "tag", "digest", "d", "public", "id", "nonce", "sig",
		"dA", "dB", "rA", "rB", "idA", "idB", "s1", "s2", "seed"}
	for _, k := range knownFiles {
		for _, v := range vectors.Own(k.file).Tests {
			if v.Number("rounds") > 1 || v.Number("repeat") > 16 || len(v.Bytes("msg")) > 300 {
				continue // too slow to repeat; the short ones show the same
			}
			for _, field := range fields {
				size := len(v.Bytes(field))
				if size == 0 || field == "iv" && v.Text("mode") == "ECB" {
					continue
				}
				flipped := v.Flip(field, 8*size-1-v.ID%8)
				failed := 0
				for _, s := range right() {
					failed += verdicts(k, s, flipped)
				}
				if failed == 0 {
					t.Errorf("%s, test %d: %s with one bit inverted went unnoticed", k.file, v.ID, field)
				}
			}
		}
	}
}

// TestReversedResult reverses the expected result of each adversarial vector: a right subject must then fail.
func TestReversedResult(t *testing.T) {
	for _, h := range adversarialFiles {
		for _, v := range vectors.Own(h.file).Tests {
			if v.Flags[0] == "Truncated" && v.ID%16 != 0 {
				continue // hundreds of the same kind
			}
			failed := unmet(func() error { return h.put(subject.Formulas(), v) })
			if failed > 0 {
				t.Errorf("%s, test %d: the formulas do not meet it", h.file, v.ID)
			}
			if v.Result == vectors.Acceptable || h.file == "sm2_exchange" {
				continue
			}
			reversed := v
			reversed.Result = map[vectors.Result]vectors.Result{vectors.Valid: vectors.Invalid, vectors.Invalid: vectors.Valid}[v.Result]
			if unmet(func() error { return h.put(subject.Formulas(), reversed) }) == 0 {
				t.Errorf("%s, test %d: the opposite result went unnoticed", h.file, v.ID)
			}
		}
	}
}

func TestKebab(t *testing.T) {
	for flag, want := range map[string]string{"OffCurve": "off-curve", "ASN1BER": "asn1-ber", "ASN1WrongTag": "asn1-wrong-tag",
		"BER": "ber", "WrongC3": "wrong-c3", "EmptyID": "empty-id"} {
		if got := kebab(flag); got != want {
			t.Errorf("%s: %s, want %s", flag, got, want)
		}
	}
}
