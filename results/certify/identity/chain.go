package identity

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"encoding/pem"
	"errors"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Chain has the signer's certificate and the root certificate that issued it.
type Chain struct{ Leaf, Root *smx509.Certificate }

// ParseChain reads a PEM file of exactly two certificates, the leaf first; place is its name in errors. It returns a
// *record.Problem for anything else, also for other encodings of the same certificates.
func ParseChain(place string, text []byte) (Chain, error) {
	var certificates []*smx509.Certificate
	for rest := text; len(rest) > 0; {
		block, after := pem.Decode(rest)
		if block == nil || block.Type != pemCertificate {
			return Chain{}, record.Wrongf(place, "something in it is no certificate in PEM", "其中有内容不是 PEM 格式的证书")
		}
		c, err := smx509.ParseCertificate(block.Bytes)
		if err != nil {
			return Chain{}, record.Wrongf(place, "a certificate in it is damaged: %v", "其中的证书已损坏：%v", err)
		}
		certificates, rest = append(certificates, c), after
	}
	if len(certificates) != 2 {
		return Chain{}, record.Wrongf(place, "it holds %d certificates, not leaf and root", "其中有 %d 张证书，而不是签发者证书与根证书两张", len(certificates))
	}
	chain := Chain{Leaf: certificates[0], Root: certificates[1]}
	if !bytes.Equal(chain.PEM(), text) {
		return Chain{}, record.Wrongf(place, "it holds more than the two certificates", "除两张证书外还有其他内容")
	}
	return chain, nil
}

// ParseRoot reads a PEM file of one root certificate, which the reader trusts; place is its name in errors. It returns a
// *record.Problem with the reason if the certificate cannot be a root here.
func ParseRoot(place string, text []byte) (*smx509.Certificate, error) {
	block, rest := pem.Decode(text)
	switch {
	case block == nil:
		return nil, record.Wrongf(place, "this is no certificate in PEM", "这不是 PEM 格式的证书")
	case block.Type != pemCertificate:
		return nil, record.Wrongf(place, "this is no certificate in PEM but %q", "这不是 PEM 格式的证书，而是 %q", block.Type)
	}
	c, err := smx509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, record.Wrongf(place, "the certificate is damaged: %v", "证书已损坏：%v", err)
	}
	if more, _ := pem.Decode(rest); more != nil {
		return nil, record.Wrongf(place, "it holds more than one certificate: name the root's alone", "其中不止一张证书：请只给出根证书")
	}
	return c, checkRoot(place, c)
}

// PEM returns the text that ParseChain reads.
func (c Chain) PEM() []byte { return append(certificatePEM(c.Leaf), certificatePEM(c.Root)...) }

// certificatePEM returns a certificate as PEM.
func certificatePEM(c *smx509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: pemCertificate, Bytes: c.Raw})
}

// Check returns a *record.Problem if the chain is not valid at a time: a signature is wrong, the leaf may not sign, or
// one of the two certificates is not valid then.
func (c Chain) Check(at time.Time) error {
	if err := checkRoot("", c.Root); err != nil {
		return err
	}
	if err := checkLeaf("", c.Leaf, c.Root); err != nil {
		return err
	}
	for _, x := range []*smx509.Certificate{c.Leaf, c.Root} {
		if err := validAt(x, at); err != nil {
			return err
		}
	}
	roots := smx509.NewCertPool()
	roots.AddCert(c.Root)
	_, err := c.Leaf.Verify(smx509.VerifyOptions{Roots: roots, CurrentTime: at, KeyUsages: []smx509.ExtKeyUsage{smx509.ExtKeyUsageAny}})
	if err != nil {
		return record.Wrongf("", "the chain does not hold: %v", "证书链不成立：%v", err)
	}
	return nil
}

// validAt returns a *record.Problem if a certificate is not valid at a time.
func validAt(c *smx509.Certificate, at time.Time) error {
	switch {
	case at.Before(c.NotBefore):
		return record.Wrongf("", "the certificate of %q begins on %s, after %s: is the clock right?",
			"证书 %q 自 %s 起生效，晚于 %s：请检查系统时钟", c.Subject.CommonName, stamp(c.NotBefore), stamp(at))
	case at.After(c.NotAfter):
		return record.Wrongf("", "the certificate of %q expired on %s, before %s: issue a new one with `xcmatrix keygen --root DIR`",
			"证书 %q 已于 %s 过期，早于 %s：请用 `xcmatrix keygen --root DIR` 签发新证书", c.Subject.CommonName, stamp(c.NotAfter), stamp(at))
	}
	return nil
}

// stamp returns a time for messages.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// errSignature is the error of Verify for a wrong signature.
var errSignature = errors.New("the signature is not the signer's")

// Verify returns an error unless signature is an SM2 signature with SM3 of data by the leaf's key, for the default ID.
// With KeyID and Public it makes Chain a Verifier of DSSE envelopes.
func (c Chain) Verify(_ context.Context, data, signature []byte) error {
	public, ok := c.Leaf.PublicKey.(*ecdsa.PublicKey)
	if !ok || !sm2.VerifyASN1WithSM2(public, nil, data, signature) {
		return errSignature
	}
	return nil
}

// KeyID returns the fingerprint of the leaf's public key.
func (c Chain) KeyID() (string, error) { return fingerprint(c.Leaf.PublicKey) }

// Public returns the leaf's public key.
func (c Chain) Public() crypto.PublicKey { return c.Leaf.PublicKey }
