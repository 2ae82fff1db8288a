package rfc8998

import (
	"cmp"
	"crypto/hmac"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/xcmatrix/xcmatrix/suites/tls/pki"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// writeCertificate sends Certificate and CertificateVerify: RFC 8446 §4.4.2, §4.4.3.
func (c *Conn) writeCertificate(identity *pki.Identity) error {
	var list []byte
	if identity != nil {
		for _, der := range identity.Chain {
			list = append(append(list, wire.Vector24(der)...), 0, 0) // no extensions
		}
	}
	body := append([]byte{0}, wire.Vector24(list)...) // an empty context
	if err := c.wire.WriteMessage(wire.Message{Type: wire.Certificate, Body: body}); err != nil || identity == nil {
		return err
	}
	content := signedContent(c.client, c.wire.Digest())
	if c.config.Signed != nil {
		content = c.config.Signed(content)
	}
	signature, err := c.config.sign(identity.Key, content)
	if err != nil {
		return err
	}
	body = append(wire.Uint16s[uint16](wire.SM2SigSM3), wire.Vector16(signature)...)
	return c.wire.WriteMessage(wire.Message{Type: wire.CertificateVerify, Body: body})
}

// parseCertificate takes the peer's chain out of a Certificate message.
func (c *Conn) parseCertificate(body []byte) error {
	f := wire.Read(body)
	context, list := f.Vector8(), wire.Read(f.Vector24())
	var chain [][]byte
	extended := false
	for list.More() {
		chain = append(chain, list.Vector24())
		extended = len(list.Vector16()) > 0 || extended
	}
	if err := cmp.Or(c.wire.End(f, wire.Certificate), c.wire.End(list, wire.Certificate),
		c.wire.Must("Certificate has no context", len(context) == 0, wire.IllegalParameter, "Certificate has a context of %d bytes", len(context)),
		c.wire.Must("certificate extensions asked for", !extended, wire.UnsupportedExtension, "a certificate has extensions that were not asked for"),
	); err != nil {
		return err
	}
	peer, err := pki.Parse(chain)
	if err := c.wire.Must("certificate readable", err == nil, wire.BadCertificate, "a certificate cannot be read: %v", err); err != nil {
		return err
	}
	c.Peer = peer
	c.config.Lap.End(wire.ParseChain)
	return nil
}

// verifyChain checks that the peer's certificate leads to a root, is for its host and its use, and has an SM2 key, as each
// certificate above it has an SM2 signature: RFC 8998 §3.3.2.
func (c *Conn) verifyChain() error {
	usage, host := smx509.ExtKeyUsageClientAuth, ""
	if c.client {
		usage, host = smx509.ExtKeyUsageServerAuth, c.config.Host
	}
	leaf := c.Peer[0]
	_, isSM2 := pki.PublicKey(leaf)
	if err := c.wire.Must("certificate's key is SM2", isSM2, wire.IllegalParameter, "the certificate has no SM2 key"); err != nil {
		return err
	}
	for _, x := range c.Peer {
		if err := c.wire.Must("certificate signed with SM2", x.SignatureAlgorithm == smx509.SM2WithSM3, wire.BadCertificate,
			"the certificate of %s is signed with %v, not SM2", x.Subject.CommonName, x.SignatureAlgorithm); err != nil {
			return err
		}
	}
	if err := cmp.Or(
		c.wire.Must("certificate's use", leaf.KeyUsage == 0 || leaf.KeyUsage&smx509.KeyUsageDigitalSignature != 0, wire.BadCertificate,
			"the certificate's key is not for signatures"),
		c.wire.VerifyCertificate(leaf, c.Peer[1:], c.config.Roots, host, usage, c.config.Now),
	); err != nil {
		return err
	}
	c.config.Lap.End(wire.VerifyChain)
	return nil
}

// verifySignature checks the peer's CertificateVerify, which m is.
func (c *Conn) verifySignature(m wire.Message) error {
	f := wire.Read(m.Body)
	scheme, signature := f.Uint16(), f.Vector16()
	if err := cmp.Or(c.wire.End(f, wire.CertificateVerify),
		c.wire.Must("signature scheme", scheme == wire.SM2SigSM3, wire.IllegalParameter, "CertificateVerify has the scheme %#04x", scheme),
	); err != nil {
		return err
	}
	key, ok := pki.PublicKey(c.Peer[0])
	content := signedContent(!c.client, c.wire.DigestBefore(m))
	verifies := ok && sm2.VerifyASN1WithSM2(key, []byte(SignatureID), content, signature)
	if verifies && c.config.Verified != nil {
		c.config.Verified(key, content, signature)
	}
	if err := c.wire.Must("CertificateVerify verifies", verifies, wire.DecryptError,
		"CertificateVerify does not verify with the ID %s", SignatureID); err != nil {
		return err
	}
	c.config.Lap.End(wire.VerifySignature)
	return nil
}

// readPeer reads Certificate and CertificateVerify. A client that shows none is refused with certificate_required.
func (c *Conn) readPeer() error {
	m, err := c.wire.Expect(wire.Certificate)
	if err != nil {
		return err
	}
	return c.checkPeer(m.Body)
}

// checkPeer takes the body of the peer's Certificate, and reads its CertificateVerify.
func (c *Conn) checkPeer(body []byte) error {
	if err := c.parseCertificate(body); err != nil {
		return err
	}
	alert := wire.CertificateRequired
	if c.client {
		alert = wire.DecodeError
	}
	if len(c.Peer) == 0 {
		return c.wire.Must("certificate shown", false, alert, "the peer shows no certificate")
	}
	if err := c.verifyChain(); err != nil {
		return err
	}
	m, err := c.wire.Expect(wire.CertificateVerify)
	if err != nil {
		return err
	}
	return c.verifySignature(m)
}

func (c *Conn) writeFinished(secret []byte) error {
	return c.wire.WriteMessage(wire.Message{Type: wire.Finished, Body: FinishedMAC(secret, c.wire.Digest())})
}

func (c *Conn) readFinished(secret []byte) error {
	if c.wire.Omits("Finished comes") {
		return nil
	}
	m, err := c.wire.Expect(wire.Finished)
	if err != nil {
		return err
	}
	c.wire.SkipChangeCipherSpec = false // RFC 8446 §5
	if err := c.wire.Must("Finished verifies", hmac.Equal(m.Body, FinishedMAC(secret, c.wire.DigestBefore(m))), wire.DecryptError,
		"Finished does not verify"); err != nil {
		return err
	}
	return c.wire.Whole()
}
