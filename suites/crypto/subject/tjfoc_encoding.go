package subject

import (
	"crypto/x509/pkix"
	"math/big"
	"time"

	"github.com/tjfoc/gmsm/sm2"
	"github.com/tjfoc/gmsm/x509"
)

type tjfocEncoding struct{}

func tjfocPoint(k *sm2.PublicKey) []byte {
	out := make([]byte, 65)
	out[0] = 4
	k.X.FillBytes(out[1:33])
	k.Y.FillBytes(out[33:])
	return out
}

func (tjfocEncoding) MarshalPKCS8(key []byte) ([]byte, error) {
	return x509.MarshalSm2UnecryptedPrivateKey(tjfocPrivate(key))
}

func (tjfocEncoding) ParsePKCS8(der []byte) ([]byte, error) {
	k, err := x509.ParsePKCS8UnecryptedPrivateKey(der)
	if err != nil {
		return nil, err
	}
	return k.D.FillBytes(make([]byte, 32)), nil
}

func (tjfocEncoding) MarshalSealed(key, password []byte) ([]byte, error) {
	return x509.MarshalSm2EcryptedPrivateKey(tjfocPrivate(key), password)
}

func (tjfocEncoding) ParseSealed(der, password []byte) ([]byte, error) {
	k, err := x509.ParsePKCS8EcryptedPrivateKey(der, password)
	if err != nil {
		return nil, err
	}
	return k.D.FillBytes(make([]byte, 32)), nil
}

func (tjfocEncoding) MarshalPKIX(pub []byte) ([]byte, error) {
	k, err := tjfocPublic(pub)
	if err != nil {
		return nil, err
	}
	return x509.MarshalSm2PublicKey(k)
}

func (tjfocEncoding) ParsePKIX(der []byte) ([]byte, error) {
	k, err := x509.ParseSm2PublicKey(der)
	if err != nil {
		return nil, err
	}
	return tjfocPoint(k), nil
}

func (tjfocEncoding) CreateCertificate(key []byte, name string) ([]byte, error) {
	private := tjfocPrivate(key)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: certificateFrom, NotAfter: certificateTo,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
		SignatureAlgorithm: x509.SM2WithSM3,
	}
	return x509.CreateCertificate(template, template, &private.PublicKey, private)
}

func (tjfocEncoding) VerifyCertificate(der []byte) error {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	return c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
}

// The certificates need a validity period. No check compares it with the clock.
var (
	certificateFrom = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	certificateTo   = time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC)
)
