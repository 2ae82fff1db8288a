package judge

import (
	"bytes"
	"fmt"
	"math/rand/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// HelperRequirement is a requirement on a function that encrypts or decrypts a whole message, with padding.
type HelperRequirement struct {
	Name, Text string
	Severity   record.Severity
	Standard   string
	Check      func(subject.Mode, *rand.Rand) error
}

const (
	modesClause   = "GB/T 17964-2021"
	paddingClause = "GB/T 17964-2021 annex C, RFC 5652 §6.3"
)

// HelperRequirements are the requirements on such functions.
var HelperRequirements = []HelperRequirement{
	{"round-trip", "messages of 0 to 70 bytes come back", record.Critical, modesClause, helperRoundTrip},
	{"keeps-message", "the message and what lies behind it are not written", record.Medium, modesClause, helperKeeps},
	{"decrypt-empty", "nothing is refused as a ciphertext, without a panic", record.Medium, paddingClause, helperEmpty},
	{"decrypt-bad-padding", "wrong padding is an error", record.Medium, paddingClause, helperBadPadding},
	{"decrypt-partial-block", "a ciphertext that is not whole blocks is an error", record.Medium, paddingClause, helperPartial},
	{"key-size", "a key of another size is an error", record.Medium, modesClause, helperKeySize},
}

// IVRequirements are the requirements on such functions that take an initialisation vector.
var IVRequirements = []HelperRequirement{
	{"iv-shared-between-calls", "a call without an IV of its own does not use another's", record.High, modesClause, helperIVShared},
	{"iv-kept-by-reference", "the caller's memory of the IV may be reused", record.Medium, modesClause, helperIVKept},
}

func helperRoundTrip(m subject.Mode, r *rand.Rand) error {
	key, iv := randomBytes(r, 16), randomBytes(r, 16)
	for size := range 71 {
		msg := randomBytes(r, size)
		ct, err := m.Crypt(key, iv, bytes.Clone(msg), false)
		if err != nil {
			return fmt.Errorf("encryption of %d bytes: %w", size, err)
		}
		back, err := m.Crypt(key, iv, ct, true)
		if err != nil || !bytes.Equal(back, msg) {
			return fmt.Errorf("%d bytes came back as %x (%w)", size, back, orNothing(err))
		}
	}
	return nil
}

func helperKeeps(m subject.Mode, r *rand.Rand) error {
	key, iv, msg := randomBytes(r, 16), randomBytes(r, 16), randomBytes(r, 20)
	given := roomy(msg)
	if _, err := m.Crypt(key, iv, given, false); err != nil {
		return err
	}
	return untouched(given, msg)
}

func helperEmpty(m subject.Mode, r *rand.Rand) error {
	return refused("no bytes", func() error {
		_, err := m.Crypt(randomBytes(r, 16), randomBytes(r, 16), nil, true)
		return err
	})
}

// helperBadPadding decrypts with another key twenty times: each time the padding is wrong with a probability of 255/256.
func helperBadPadding(m subject.Mode, r *rand.Rand) error {
	iv := randomBytes(r, 16)
	ct, err := m.Crypt(randomBytes(r, 16), iv, []byte("message"), false)
	if err != nil {
		return err
	}
	for range 20 {
		back, err := m.Crypt(randomBytes(r, 16), iv, ct, true)
		if err == nil && len(back) == 0 {
			return fmt.Errorf("under another key: %w", errNothing)
		}
	}
	return nil
}

func helperPartial(m subject.Mode, r *rand.Rand) error {
	key, iv := randomBytes(r, 16), randomBytes(r, 16)
	ct, err := m.Crypt(key, iv, []byte("message"), false)
	if err != nil {
		return err
	}
	return refused("17 bytes", func() error {
		_, err := m.Crypt(key, iv, append(ct, 0), true)
		return err
	})
}

func helperKeySize(m subject.Mode, r *rand.Rand) error {
	for _, size := range []int{0, 15, 17, 32} {
		if err := refused(fmt.Sprintf("a key of %d bytes", size), func() error {
			_, err := m.Crypt(make([]byte, size), randomBytes(r, 16), []byte("message"), false)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// helperIVShared encrypts for one caller with an IV, then for another who gives none.
func helperIVShared(m subject.Mode, r *rand.Rand) error {
	key, iv := randomBytes(r, 16), randomBytes(r, 16)
	first, err := m.Crypt(key, iv, []byte("message"), false)
	if err != nil {
		return err
	}
	second, err := m.Crypt(key, nil, []byte("message"), false)
	if err == nil && bytes.Equal(first, second) {
		return fmt.Errorf("without an IV the last caller's %x was used", iv)
	}
	return nil
}

func helperIVKept(m subject.Mode, r *rand.Rand) error {
	key, iv := randomBytes(r, 16), randomBytes(r, 16)
	want, err := m.Crypt(key, bytes.Clone(iv), []byte("message"), false)
	if err != nil {
		return err
	}
	given := bytes.Clone(iv)
	if _, err := m.Crypt(key, given, nil, false); err != nil {
		return err
	}
	clear(given)
	got, err := m.Crypt(key, nil, []byte("message"), false)
	if err == nil && !bytes.Equal(got, want) {
		return fmt.Errorf("the IV %x changed when its caller reused the memory", iv)
	}
	return nil
}

// CounterRequirements are about a library's own GCM.
var CounterRequirements = []Requirement{
	{"sm4gcm-counter", "the counter counts in 32 bits, whatever the nonce", record.High, "RFC 8998 §2.1, NIST SP 800-38D §6.2", counterCarry},
	{"sm4gcm-writes-behind-iv", "what lies behind the nonce is not written", record.Medium, modesClause, counterIV},
	{"sm4gcm-partial-block", "a message that is not whole blocks is sealed", record.Medium, modesClause, counterPartial},
}

// counterCarry uses a nonce with bytes ff, which the counter must not change.
func counterCarry(s subject.Subject, r *rand.Rand) error {
	key, msg := randomBytes(r, 16), randomBytes(r, 64)
	for _, iv := range [][]byte{bytes.Repeat([]byte{0x11}, 12), bytes.Repeat([]byte{0xff}, 12), append(bytes.Repeat([]byte{0x11}, 11), 0xff)} {
		want, err := subject.Formulas().AEADs[0].New(key, 12, 16)
		if err != nil {
			return err
		}
		got, err := s.Counter(key, bytes.Clone(iv), msg, nil)
		if err != nil {
			return err
		}
		if ct := want.Seal(nil, iv, msg, nil)[:64]; !bytes.Equal(got, ct) {
			return differs(fmt.Sprintf("under the nonce %x the ciphertext", iv), got, ct)
		}
	}
	return nil
}

func counterIV(s subject.Subject, r *rand.Rand) error {
	iv := randomBytes(r, 12)
	given := roomy(iv)
	if _, err := s.Counter(randomBytes(r, 16), given, randomBytes(r, 32), nil); err != nil {
		return err
	}
	return untouched(given, iv)
}

func counterPartial(s subject.Subject, r *rand.Rand) error {
	for _, size := range []int{0, 1, 15, 17, 31} {
		if err := Attempt(func() error {
			ct, err := s.Counter(randomBytes(r, 16), randomBytes(r, 12), randomBytes(r, size), nil)
			if err == nil && len(ct) != size {
				err = fmt.Errorf("%d bytes became %d", size, len(ct))
			}
			return err
		}); err != nil {
			return fmt.Errorf("%d bytes: %w", size, err)
		}
	}
	return nil
}
