package rfc8998

import (
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
	signature, err := identity.Key.SignWithSM2(c.config.Random, c.config.signatureID(), signedContent(c.client, c.wire.Digest()))
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
	for list.More() {
		chain = append(chain, list.Vector24())
		list.Vector16()
	}
	if err := f.End(wire.Certificate); err != nil {
		return err
	}
	if err := list.End(wire.Certificate); err != nil {
		return err
	}
	if len(context) > 0 {
		return wire.Refuse(wire.IllegalParameter, "Certificate has a context of %d bytes", len(context))
	}
	peer, err := pki.Parse(chain)
	if err != nil {
		return wire.Refuse(wire.BadCertificate, "a certificate cannot be read: %v", err)
	}
	c.Peer = peer
	c.config.lap(ParseChain)
	return nil
}

// verifyChain checks that the peer's certificate leads to a root, is for its host and its use, and has an SM2 key, as each
// certificate above it has an SM2 signature: RFC 8998 §3.3.2.
func (c *Conn) verifyChain() error {
	usage := smx509.ExtKeyUsageClientAuth
	if c.client {
		usage = smx509.ExtKeyUsageServerAuth
	}
	above := smx509.NewCertPool()
	for _, x := range c.Peer[1:] {
		above.AddCert(x)
	}
	options := smx509.VerifyOptions{Roots: c.config.Roots, Intermediates: above, CurrentTime: c.config.Now, KeyUsages: []smx509.ExtKeyUsage{usage}}
	if c.client {
		options.DNSName = c.config.Host
	}
	leaf := c.Peer[0]
	if _, ok := pki.PublicKey(leaf); !ok {
		return wire.Refuse(wire.IllegalParameter, "the certificate has no SM2 key")
	}
	for _, x := range c.Peer {
		if x.SignatureAlgorithm != smx509.SM2WithSM3 {
			return wire.Refuse(wire.BadCertificate, "the certificate of %s is signed with %v, not SM2", x.Subject.CommonName, x.SignatureAlgorithm)
		}
	}
	if leaf.KeyUsage != 0 && leaf.KeyUsage&smx509.KeyUsageDigitalSignature == 0 {
		return wire.Refuse(wire.BadCertificate, "the certificate's key is not for signatures")
	}
	if _, err := leaf.Verify(options); err != nil {
		if _, unknown := err.(smx509.UnknownAuthorityError); unknown {
			return wire.Refuse(wire.UnknownCA, "%v", err)
		}
		return wire.Refuse(wire.BadCertificate, "%v", err)
	}
	c.config.lap(VerifyChain)
	return nil
}

// verifySignature checks the peer's CertificateVerify, which m is.
func (c *Conn) verifySignature(m wire.Message) error {
	f := wire.Read(m.Body)
	scheme, signature := f.Uint16(), f.Vector16()
	if err := f.End(wire.CertificateVerify); err != nil {
		return err
	}
	if scheme != wire.SM2SigSM3 {
		return wire.Refuse(wire.IllegalParameter, "CertificateVerify has the scheme %#04x", scheme)
	}
	key, _ := pki.PublicKey(c.Peer[0])
	if !sm2.VerifyASN1WithSM2(key, []byte(SignatureID), signedContent(!c.client, c.wire.DigestBefore(m)), signature) {
		return wire.Refuse(wire.DecryptError, "CertificateVerify does not verify with the ID %s", SignatureID)
	}
	c.config.lap(VerifySignature)
	return nil
}

// readPeer reads Certificate and CertificateVerify. A client that shows none is refused with certificate_required.
func (c *Conn) readPeer() error {
	body, err := c.wire.Expect(wire.Certificate)
	if err != nil {
		return err
	}
	return c.checkPeer(body)
}

// checkPeer takes the body of the peer's Certificate, and reads its CertificateVerify.
func (c *Conn) checkPeer(body []byte) error {
	if err := c.parseCertificate(body); err != nil {
		return err
	}
	if len(c.Peer) == 0 {
		if c.client {
			return wire.Refuse(wire.DecodeError, "the server shows no certificate")
		}
		return wire.Refuse(wire.CertificateRequired, "the client shows no certificate")
	}
	if err := c.verifyChain(); err != nil {
		return err
	}
	m, err := c.wire.ReadMessage()
	if err != nil {
		return err
	}
	if m.Type != wire.CertificateVerify {
		return wire.Refuse(wire.UnexpectedMessage, "%v where CertificateVerify is due", m.Type)
	}
	return c.verifySignature(m)
}

func (c *Conn) writeFinished(secret []byte) error {
	return c.wire.WriteMessage(wire.Message{Type: wire.Finished, Body: FinishedMAC(secret, c.wire.Digest())})
}

func (c *Conn) readFinished(secret []byte) error {
	m, err := c.wire.ReadMessage()
	if err != nil {
		return err
	}
	switch {
	case m.Type != wire.Finished:
		return wire.Refuse(wire.UnexpectedMessage, "%v where Finished is due", m.Type)
	case !hmac.Equal(m.Body, FinishedMAC(secret, c.wire.DigestBefore(m))):
		return wire.Refuse(wire.DecryptError, "Finished does not verify")
	}
	return c.wire.Whole()
}
