package subject

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"

	"github.com/emmansun/gmsm/sm2"

	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
)

// Envelope reads and writes SM2EnvelopedKey of GB/T 35276-2017 §7.4: a private key that is encrypted with a new SM4 key, which is
// encrypted with the recipient's public key.
type Envelope interface {
	Seal(recipient, key []byte, random io.Reader) (der []byte, err error)
	Open(recipient, der []byte) (key []byte, err error)
}

type emmansunEnvelope struct{}

func (emmansunEnvelope) Seal(recipient, key []byte, random io.Reader) ([]byte, error) {
	pub, err := sm2.NewPublicKey(recipient)
	if err != nil {
		return nil, err
	}
	k, err := sm2.NewPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return sm2.MarshalEnvelopedPrivateKey(random, pub, k)
}

func (emmansunEnvelope) Open(recipient, der []byte) ([]byte, error) {
	d, err := sm2.NewPrivateKey(recipient)
	if err != nil {
		return nil, err
	}
	k, err := sm2.ParseEnvelopedPrivateKey(d, der)
	if err != nil {
		return nil, err
	}
	return k.D.FillBytes(make([]byte, 32)), nil
}

// formulasEnvelope opens envelopes in strict DER.
type formulasEnvelope struct{}

type envelopedKey struct {
	Algorithm       pkix.AlgorithmIdentifier
	Sealed          asn1.RawValue
	Public, Private asn1.BitString
}

var oidSM4ECB = asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 104, 1}

var errEnvelope = errors.New("not an SM2EnvelopedKey")

func (formulasEnvelope) Seal(_, _ []byte, _ io.Reader) ([]byte, error) {
	return nil, errors.New("the formulas only open envelopes")
}

func (formulasEnvelope) Open(recipient, der []byte) ([]byte, error) {
	var v envelopedKey
	rest, err := asn1.Unmarshal(der, &v)
	if err != nil {
		return nil, err
	}
	back, err := asn1.Marshal(v)
	if err != nil || len(rest) > 0 || !bytes.Equal(back, der) || v.Public.BitLength != 8*len(v.Public.Bytes) ||
		v.Private.BitLength != 256 || !v.Algorithm.Algorithm.Equal(oidSM4ECB) {
		return nil, errEnvelope
	}
	sym, err := formulasSM2{}.Decrypt(recipient, v.Sealed.FullBytes, ASN1)
	if err != nil {
		return nil, err
	}
	if len(sym) != 16 {
		return nil, errEnvelope
	}
	first, second := formulas.SM4(sym, v.Private.Bytes[:16], true), formulas.SM4(sym, v.Private.Bytes[16:], true)
	key := append(first[:], second[:]...)
	d := number(key)
	if d.Sign() == 0 || new(big.Int).Add(d, big.NewInt(1)).Cmp(formulas.N) >= 0 {
		return nil, errEnvelope // outside [1, n-2]
	}
	if !bytes.Equal(formulas.G.Mul(d).Bytes(), v.Public.Bytes) {
		return nil, errEnvelope
	}
	return key, nil
}
