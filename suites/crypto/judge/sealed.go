package judge

import (
	"bytes"
	"fmt"
	"math/rand/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// SealedRequirements are about private keys that are encrypted with a password.
var SealedRequirements = []Requirement{
	{"sealed-round-trip", "a private key comes back with its password", record.High, "RFC 5958, RFC 8018", sealedRoundTrip},
	{"sealed-wrong-password", "a wrong password is refused", record.High, "RFC 5958, RFC 8018", sealedWrongPassword},
	{"sealed-truncated", "an encrypted key cut off anywhere is refused", record.High, "RFC 5958, RFC 8018", sealedTruncated},
	{"sealed-partial-block", "an encrypted key that is not whole blocks is refused", record.High, "RFC 8018 §6.2", sealedPartial},
}

func sealedRoundTrip(s subject.Subject, r *rand.Rand) error {
	key, _ := randomKey(r)
	der, err := s.Sealed.MarshalSealed(key, []byte("password"))
	if err != nil {
		return err
	}
	if back, err := s.Sealed.ParseSealed(der, []byte("password")); err != nil || !bytes.Equal(back, key) {
		return fmt.Errorf("%x came back as %x (%w)", key, back, orNothing(err))
	}
	return nil
}

func sealedWrongPassword(s subject.Subject, r *rand.Rand) error {
	key, _ := randomKey(r)
	der, err := s.Sealed.MarshalSealed(key, []byte("password"))
	if err != nil {
		return err
	}
	for _, wrong := range []string{"", "passworD", "password ", "x"} {
		if err := refused(fmt.Sprintf("the password %q", wrong), func() error {
			_, err := s.Sealed.ParseSealed(der, []byte(wrong))
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

func sealedTruncated(s subject.Subject, r *rand.Rand) error {
	key, _ := randomKey(r)
	der, err := s.Sealed.MarshalSealed(key, []byte("password"))
	if err != nil {
		return err
	}
	return cut(der, func(der []byte) error {
		_, err := s.Sealed.ParseSealed(der, []byte("password"))
		return err
	})
}

// sealedPartial removes the last encrypted octet and corrects the lengths around it.
func sealedPartial(s subject.Subject, r *rand.Rand) error {
	key, _ := randomKey(r)
	der, err := s.Sealed.MarshalSealed(key, []byte("password"))
	if err != nil {
		return err
	}
	return refused("one byte less", func() error {
		_, err := s.Sealed.ParseSealed(lastShortened(der), []byte("password"))
		return err
	})
}

// lastShortened removes the last byte of the second element of a sequence, and corrects both lengths.
func lastShortened(der []byte) []byte {
	out := bytes.Clone(der[:len(der)-1])
	first := lengthAt(out) + 1
	second := first + lengthAt(out[first:]) + 1 + int(out[first+1])
	out[lengthAt(out)]--
	out[second+lengthAt(out[second:])]--
	return out
}

// lengthAt returns the offset of the last byte of an element's length.
func lengthAt(element []byte) int {
	if element[1] < 0x80 {
		return 1
	}
	return 1 + int(element[1]&0x7f)
}
