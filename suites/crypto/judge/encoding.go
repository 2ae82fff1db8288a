package judge

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

const (
	pkcs8Clause = "GB/T 35276-2017 §7.1, RFC 5915, RFC 5958"
	pkixClause  = "GB/T 35276-2017 §7.1, RFC 5480"
)

// EncodingRequirements are about keys and certificates in DER.
var EncodingRequirements = []Requirement{
	{"pkcs8-round-trip", "a private key comes back from PKCS #8", record.High, pkcs8Clause, pkcs8RoundTrip},
	{"pkcs8-leading-zero", "a private key keeps its leading zero bytes in PKCS #8", record.Medium, pkcs8Clause, pkcs8LeadingZero},
	{"pkcs8-trailing-bytes", "bytes behind PKCS #8 are refused", record.Low, pkcs8Clause, pkcs8Trailing},
	{"pkcs8-key-zero", "the private key 0 is refused in PKCS #8", record.Medium, keyClause, pkcs8Refuses(make([]byte, 32))},
	{"pkcs8-key-n-minus-one", "the private key n - 1 is refused in PKCS #8", record.Medium, keyClause, pkcs8Refuses(below(1))},
	{"pkcs8-key-over-range", "the private key n is refused in PKCS #8", record.Medium, keyClause, pkcs8Refuses(below(0))},
	{"pkcs8-wrong-curve", "a key of another curve is refused in PKCS #8", record.Medium, pkcs8Clause, pkcs8WrongCurve},
	{"pkcs8-truncated", "PKCS #8 cut off anywhere is refused", record.Medium, pkcs8Clause, pkcs8Truncated},
	{"pkix-round-trip", "a public key comes back from SubjectPublicKeyInfo", record.High, pkixClause, pkixRoundTrip},
	{"pkix-off-curve", "a public key off the curve is refused", record.High, "GB/T 32918.1-2016 §6.2.1", pkixOffCurve},
	{"pkix-infinity", "infinity is no public key", record.High, "GB/T 32918.1-2016 §6.2.1", pkixInfinity},
	{"pkix-unreduced", "a public key with x + p is refused", record.Medium, "GB/T 32918.1-2016 §6.2.1", pkixUnreduced},
	{"pkix-trailing-bytes", "bytes behind SubjectPublicKeyInfo are refused", record.Low, pkixClause, pkixTrailing},
	{"pkix-wrong-curve", "a key of another curve is refused", record.High, pkixClause, pkixWrongCurve},
	{"pkix-wrong-algorithm", "a key of another algorithm is refused", record.Medium, pkixClause, pkixWrongAlgorithm},
	{"pkix-truncated", "SubjectPublicKeyInfo cut off anywhere is refused", record.Medium, pkixClause, pkixTruncated},
	{"certificate", "a certificate signed by itself verifies", record.Critical, "GB/T 20518-2018 §5.2", certificate},
	{"certificate-tampered", "a certificate with any byte changed is refused", record.Critical, "GB/T 20518-2018 §5.2", certificateTampered},
	{"certificate-truncated", "a certificate cut off anywhere is refused", record.High, "GB/T 20518-2018 §5.2", certificateTruncated},
	{"certificate-trailing-bytes", "bytes behind a certificate are refused", record.Medium, "GB/T 20518-2018 §5.2", certificateTrailing},
	{"certificate-interoperation", "certificates of the other subjects verify", record.High, "GB/T 20518-2018 §5.2", certificateInterop},
	{"pkcs8-interoperation", "PKCS #8 of the other subjects is read", record.High, pkcs8Clause, pkcs8Interop},
}

func pkcs8RoundTrip(s subject.Subject, r *rand.Rand) error {
	for range 8 {
		key, _ := randomKey(r)
		key[0] = 0x7f // keys with leading zeros have a requirement of their own
		der, err := s.Encoding.MarshalPKCS8(key)
		if err != nil {
			return err
		}
		if back, err := s.Encoding.ParsePKCS8(der); err != nil || !bytes.Equal(back, key) {
			return fmt.Errorf("%x came back as %x (%w)", key, back, orNothing(err))
		}
	}
	return nil
}

func pkcs8LeadingZero(s subject.Subject, r *rand.Rand) error {
	key, _ := randomKey(r) // begins with a zero byte
	der, err := s.Encoding.MarshalPKCS8(key)
	if err != nil {
		return err
	}
	if !bytes.Contains(der, append([]byte{4, 32}, key...)) {
		return fmt.Errorf("the private key %x is not 32 bytes in %x", key, der)
	}
	return nil
}

// GoodPKCS8 returns the DER of a private key, by the formulas: it does not come from the subject.
func GoodPKCS8(key, pub []byte) []byte {
	inner := tlv(0x30, tlv(2, []byte{1}), tlv(4, key), tlv(0xa1, tlv(3, append([]byte{0}, pub...))))
	return tlv(0x30, tlv(2, []byte{0}), tlv(0x30, oidEC, oidSM2Curve), tlv(4, inner))
}

// GoodPKIX returns the DER of a public key, by the formulas.
func GoodPKIX(pub []byte) []byte {
	return tlv(0x30, tlv(0x30, oidEC, oidSM2Curve), tlv(3, append([]byte{0}, pub...)))
}

// Object identifiers in DER: id-ecPublicKey, the SM2 curve 1.2.156.10197.1.301, NIST P-256, rsaEncryption.
var (
	oidEC       = []byte{6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1}
	oidSM2Curve = []byte{6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x82, 0x2d}
	oidP256     = []byte{6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7}
	oidRSA      = []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1}
)

// tlv returns the DER of one value.
func tlv(tag byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	if len(body) < 128 {
		return append([]byte{tag, byte(len(body))}, body...)
	}
	if len(body) < 256 {
		return append([]byte{tag, 0x81, byte(len(body))}, body...)
	}
	return append([]byte{tag, 0x82, byte(len(body) >> 8), byte(len(body))}, body...)
}

func pkcs8Trailing(s subject.Subject, r *rand.Rand) error {
	key, _ := randomKey(r)
	der, err := s.Encoding.MarshalPKCS8(key)
	if err != nil {
		return err
	}
	return refused("one byte behind", func() error {
		_, err := s.Encoding.ParsePKCS8(append(der, 0))
		return err
	})
}

func pkcs8Refuses(key []byte) func(subject.Subject, *rand.Rand) error {
	return func(s subject.Subject, r *rand.Rand) error {
		_, pub := randomKey(r)
		return refused("the key "+short(key), func() error {
			_, err := s.Encoding.ParsePKCS8(GoodPKCS8(key, pub))
			return err
		})
	}
}

func pkcs8WrongCurve(s subject.Subject, r *rand.Rand) error {
	key, pub := randomKey(r)
	der := bytes.Replace(GoodPKCS8(key, pub), oidSM2Curve, oidP256, 1)
	back, err := s.Encoding.ParsePKCS8(der)
	if err == nil {
		return fmt.Errorf("a key marked as NIST P-256 was read as the SM2 key %x", back)
	}
	return nil
}

// cut calls parse with every prefix of der, each of which it must refuse.
func cut(der []byte, parse func([]byte) error) error {
	for n := range der {
		if err := refused(fmt.Sprintf("the first %d of %d bytes", n, len(der)), func() error { return parse(der[:n]) }); err != nil {
			return err
		}
	}
	return nil
}

func pkcs8Truncated(s subject.Subject, r *rand.Rand) error {
	key, pub := randomKey(r)
	return cut(GoodPKCS8(key, pub), func(der []byte) error {
		_, err := s.Encoding.ParsePKCS8(der)
		return err
	})
}

func pkixRoundTrip(s subject.Subject, r *rand.Rand) error {
	for range 8 {
		_, pub := randomKey(r)
		der, err := s.Encoding.MarshalPKIX(pub)
		if err != nil {
			return err
		}
		if !bytes.Equal(der, GoodPKIX(pub)) {
			return differs("the DER", der, GoodPKIX(pub))
		}
		if back, err := s.Encoding.ParsePKIX(der); err != nil || !bytes.Equal(back, pub) {
			return fmt.Errorf("%x came back as %x (%w)", pub, back, orNothing(err))
		}
	}
	return nil
}

func pkixRefuses(s subject.Subject, what string, der []byte) error {
	return refused(what, func() error {
		_, err := s.Encoding.ParsePKIX(der)
		return err
	})
}

func pkixOffCurve(s subject.Subject, _ *rand.Rand) error {
	for _, name := range slices.Sorted(maps.Keys(offPoints)) {
		if err := pkixRefuses(s, name, GoodPKIX(offPoints[name].Bytes())); err != nil {
			return err
		}
	}
	return nil
}

func pkixInfinity(s subject.Subject, _ *rand.Rand) error {
	if err := pkixRefuses(s, "the byte 00", GoodPKIX([]byte{0})); err != nil {
		return err
	}
	return pkixRefuses(s, "0, 0", GoodPKIX(zeroPoint.Bytes()))
}

func pkixUnreduced(s subject.Subject, _ *rand.Rand) error {
	return pkixRefuses(s, "x + p", GoodPKIX(unreduced()))
}

func pkixTrailing(s subject.Subject, r *rand.Rand) error {
	_, pub := randomKey(r)
	return pkixRefuses(s, "one byte behind", append(GoodPKIX(pub), 0))
}

func pkixWrongCurve(s subject.Subject, r *rand.Rand) error {
	_, pub := randomKey(r)
	return pkixRefuses(s, "a point of SM2 marked as NIST P-256", bytes.Replace(GoodPKIX(pub), oidSM2Curve, oidP256, 1))
}

func pkixWrongAlgorithm(s subject.Subject, r *rand.Rand) error {
	_, pub := randomKey(r)
	der := tlv(0x30, tlv(0x30, oidRSA, oidSM2Curve), tlv(3, append([]byte{0}, pub...)))
	return pkixRefuses(s, "a point marked as rsaEncryption", der)
}

func pkixTruncated(s subject.Subject, r *rand.Rand) error {
	_, pub := randomKey(r)
	return cut(GoodPKIX(pub), func(der []byte) error {
		_, err := s.Encoding.ParsePKIX(der)
		return err
	})
}

func selfSigned(s subject.Subject, r *rand.Rand) ([]byte, error) {
	key, _ := randomKey(r)
	der, err := s.Encoding.CreateCertificate(key, "xcmatrix")
	if err != nil {
		return nil, fmt.Errorf("creation: %w", err)
	}
	return der, nil
}

func certificate(s subject.Subject, r *rand.Rand) error {
	der, err := selfSigned(s, r)
	if err != nil {
		return err
	}
	return s.Encoding.VerifyCertificate(der)
}

func certificateTampered(s subject.Subject, r *rand.Rand) error {
	der, err := selfSigned(s, r)
	if err != nil {
		return err
	}
	for i := range der {
		der[i] ^= 1 << (i % 8)
		if err := refused(fmt.Sprintf("byte %d of %d changed", i, len(der)), func() error { return s.Encoding.VerifyCertificate(der) }); err != nil {
			return err
		}
		der[i] ^= 1 << (i % 8)
	}
	return nil
}

func certificateTruncated(s subject.Subject, r *rand.Rand) error {
	der, err := selfSigned(s, r)
	if err != nil {
		return err
	}
	return cut(der, s.Encoding.VerifyCertificate)
}

func certificateTrailing(s subject.Subject, r *rand.Rand) error {
	der, err := selfSigned(s, r)
	if err != nil {
		return err
	}
	return refused("one byte behind", func() error { return s.Encoding.VerifyCertificate(append(der, 0)) })
}

func certificateInterop(s subject.Subject, r *rand.Rand) error {
	for _, other := range subject.All() {
		der, err := selfSigned(other, r)
		if err == nil {
			err = s.Encoding.VerifyCertificate(der)
		}
		if err != nil {
			return fmt.Errorf("a certificate of %s: %w", other.Name, err)
		}
	}
	return nil
}

func pkcs8Interop(s subject.Subject, r *rand.Rand) error {
	for _, other := range subject.All() {
		key, _ := randomKey(r)
		key[0] = 0x7f
		der, err := other.Encoding.MarshalPKCS8(key)
		if err != nil {
			return fmt.Errorf("%s writes: %w", other.Name, err)
		}
		if back, err := s.Encoding.ParsePKCS8(der); err != nil || !bytes.Equal(back, key) {
			return fmt.Errorf("%x of %s was read as %x (%w)", der, other.Name, back, orNothing(err))
		}
	}
	return nil
}
