package subject

import (
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"

	"github.com/emmansun/gmsm/pkcs7"
	"github.com/emmansun/gmsm/pkcs8"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

type emmansunEncoding struct{}

func (emmansunEncoding) MarshalPKCS8(key []byte) ([]byte, error) {
	k, err := sm2.NewPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return smx509.MarshalPKCS8PrivateKey(k)
}

func (emmansunEncoding) ParsePKCS8(der []byte) ([]byte, error) {
	parsed, err := smx509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	k, ok := parsed.(*sm2.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("not an SM2 key but %T", parsed)
	}
	return k.D.FillBytes(make([]byte, 32)), nil
}

func (emmansunEncoding) MarshalSealed(key, password []byte) ([]byte, error) {
	k, err := sm2.NewPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pkcs8.MarshalPrivateKey(k, password, nil)
}

func (emmansunEncoding) ParseSealed(der, password []byte) ([]byte, error) {
	k, err := pkcs8.ParsePKCS8PrivateKeySM2(der, password)
	if err != nil {
		return nil, err
	}
	return k.D.FillBytes(make([]byte, 32)), nil
}

func (emmansunEncoding) MarshalPKIX(pub []byte) ([]byte, error) {
	k, err := sm2.NewPublicKey(pub)
	if err != nil {
		return nil, err
	}
	return smx509.MarshalPKIXPublicKey(k)
}

func (emmansunEncoding) ParsePKIX(der []byte) ([]byte, error) {
	parsed, err := smx509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, err
	}
	return emmansunPublic(parsed)
}

func (emmansunEncoding) CreateCertificate(key []byte, name string) ([]byte, error) {
	k, err := sm2.NewPrivateKey(key)
	if err != nil {
		return nil, err
	}
	template := &smx509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: certificateFrom, NotAfter: certificateTo,
		KeyUsage: smx509.KeyUsageDigitalSignature | smx509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
		SignatureAlgorithm: smx509.SM2WithSM3,
	}
	return smx509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
}

func (emmansunEncoding) VerifyCertificate(der []byte) error {
	c, err := smx509.ParseCertificate(der)
	if err != nil {
		return err
	}
	return c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
}

func emmansunDigest(pub, id, msg []byte) ([]byte, error) {
	k, err := sm2.NewPublicKey(pub)
	if err != nil {
		return nil, err
	}
	return sm2.CalculateSM2Hash(k, msg, id)
}

func emmansunPKCS7(der []byte) error {
	_, err := pkcs7.Parse(der)
	return err
}

type emmansunPoints struct{}

func (emmansunPoints) Compress(pub []byte) ([]byte, error) {
	if _, err := sm2.NewPublicKey(pub); err != nil {
		return nil, err
	}
	return elliptic.MarshalCompressed(sm2.P256(), number(pub[1:33]), number(pub[33:])), nil
}

func (emmansunPoints) Decompress(point []byte) ([]byte, error) {
	x, y := elliptic.UnmarshalCompressed(sm2.P256(), point)
	if x == nil {
		return nil, errors.New("not a compressed point of the curve")
	}
	//lint:ignore SA1019 the deprecation is about NIST's curves, which crypto/ecdh has
	return elliptic.Marshal(sm2.P256(), x, y), nil
}
