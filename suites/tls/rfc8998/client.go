package rfc8998

import (
	"cmp"
	"crypto/elliptic"
	"net"
	"slices"

	"github.com/emmansun/gmsm/ecdh"
	"github.com/emmansun/gmsm/sm2"

	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// Client shakes hands as a client. On an error it has told the peer, and the connection is the caller's to close.
func Client(raw net.Conn, config Config) (*Conn, error) {
	c := newConn(raw, &config, true)
	if err := c.clientHandshake(); err != nil {
		return c, c.wire.Fail(err)
	}
	return c, nil
}

func (c *Conn) clientHandshake() error {
	key, err := newKey(c.config.Random)
	if err != nil {
		return err
	}
	c.config.Lap.End(wire.OwnKey)
	hello, err := c.clientHello(key.PublicKey().Bytes())
	if err != nil {
		return err
	}
	answer, err := c.exchangeHellos(hello, key)
	if err != nil {
		return err
	}
	if err := c.clientAgree(answer, key); err != nil {
		return err
	}
	if err := c.readEncryptedExtensions(); err != nil {
		return err
	}
	asked, err := c.readServerPeer()
	if err != nil {
		return err
	}
	if err := c.readFinished(c.schedule.ServerHandshake); err != nil {
		return err
	}
	return c.clientFinish(asked)
}

// clientFinish sends the client's own certificate if it was asked for, and Finished, and changes to the last keys: those of the
// server first, which has no more to say under the others.
func (c *Conn) clientFinish(certificate bool) (err error) {
	c.schedule.Application(c.wire.Digest())
	if c.wire.In, err = NewProtection(c.Suite, c.schedule.ServerApplication); err != nil {
		return err
	}
	if err := c.wire.WriteRecord(wire.ChangeCipherSpec, []byte{1}); err != nil { // middleboxes, RFC 8446 §D.4
		return err
	}
	if certificate {
		if err := c.writeCertificate(c.config.Identity); err != nil {
			return err
		}
	}
	if err := c.writeFinished(c.schedule.ClientHandshake); err != nil {
		return err
	}
	c.config.Lap.End(wire.Finish)
	c.wire.Out, err = NewProtection(c.Suite, c.schedule.ClientApplication)
	return err
}

// clientAgree derives the handshake keys from the server's share.
func (c *Conn) clientAgree(answer *wire.Hello, key *ecdh.PrivateKey) error {
	data, ok := answer.Extension(wire.ExtKeyShare)
	if err := c.wire.Must("server's share", ok, wire.MissingExtension, "ServerHello has no key share"); err != nil {
		return err
	}
	f := wire.Read(data)
	group, share := f.Uint16(), f.Vector16()
	if err := cmp.Or(c.wire.End(f, wire.ServerHello),
		c.wire.Must("selected group", group == wire.CurveSM2, wire.IllegalParameter, "ServerHello selects the group %d", group),
	); err != nil {
		return err
	}
	if err := c.agree(key, share); err != nil {
		return err
	}
	if err := c.wire.Whole(); err != nil {
		return err
	}
	return c.protect(c.schedule.ClientHandshake, c.schedule.ServerHandshake)
}

// agree computes the shared secret and the handshake secrets.
func (c *Conn) agree(key *ecdh.PrivateKey, share []byte) error {
	shared, err := c.shared(key, share)
	if err != nil {
		return err
	}
	if c.config.Shared != nil {
		shared = c.config.Shared(shared)
	}
	c.config.Lap.End(wire.KeyAgreement)
	c.schedule = NewSchedule(shared, c.wire.Digest())
	c.config.Lap.End(wire.KeySchedule)
	return nil
}

// shared is the result of ECDH. A peer that is wrong on purpose takes any share: a point in another form, and for zeros what is none.
func (c *Conn) shared(key *ecdh.PrivateKey, share []byte) ([]byte, error) {
	if c.wire.Omits("share is a point") {
		share = uncompressed(share)
	}
	public, err := ecdh.P256().NewPublicKey(share)
	if err != nil {
		return make([]byte, digestBytes), c.wire.Must("share is a point", false, wire.IllegalParameter, "the peer's share is no point of curveSM2: %v", err)
	}
	shared, err := key.ECDH(public)
	return shared, c.wire.Must("share gives a secret", err == nil, wire.IllegalParameter, "the peer's share gives no secret: %v", err)
}

// uncompressed returns a point in the form that RFC 8446 §4.2.8.2 wants, whatever form it has; the bytes as they are where it is none.
func uncompressed(point []byte) []byte {
	switch {
	case len(point) == 65 && point[0]&^1 == 6: // hybrid
		return append([]byte{4}, point[1:]...)
	case len(point) == 33:
		if x, y := elliptic.UnmarshalCompressed(sm2.P256(), point); x != nil {
			return append(append([]byte{4}, x.FillBytes(make([]byte, 32))...), y.FillBytes(make([]byte, 32))...)
		}
	}
	return point
}

// readEncryptedExtensions reads EncryptedExtensions: only answers to what was asked may stand there (RFC 8446 §4.3.1).
func (c *Conn) readEncryptedExtensions() error {
	m, err := c.wire.Expect(wire.EncryptedExtensions)
	if err != nil {
		return err
	}
	f := wire.Read(m.Body)
	list, err := c.wire.ParseExtensions(f.Vector16(), m.Type)
	if err = cmp.Or(err, c.wire.End(f, m.Type)); err != nil {
		return err
	}
	for _, e := range list {
		switch e.Type {
		case wire.ExtSupportedGroups:
		case wire.ExtServerName:
			err = c.wire.Must("answer to server_name", len(e.Data) == 0, wire.DecodeError, "the answer to server_name has %d bytes", len(e.Data))
		case wire.ExtALPN:
			err = c.readProtocol(e.Data)
		case wire.ExtKeyShare, wire.ExtSupportedVersions, wire.ExtSignatureAlgorithms, wire.ExtPreSharedKey, wire.ExtCookie:
			err = c.wire.Must("extension in its message", false, wire.IllegalParameter, "EncryptedExtensions has extension %d", e.Type) // RFC 8446 §4.2
		default:
			err = c.wire.Must("extensions asked for", false, wire.UnsupportedExtension, "EncryptedExtensions has extension %d", e.Type)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readProtocol takes the application protocol that the server selects, which is one, and was offered: RFC 7301 §3.1.
func (c *Conn) readProtocol(data []byte) error {
	if err := c.wire.Must("extensions asked for", len(c.config.ALPN) > 0, wire.UnsupportedExtension, "the server answers ALPN, which was not offered"); err != nil {
		return err
	}
	outer := wire.Read(data)
	p := wire.Read(outer.Vector16())
	c.Protocol = string(p.Vector8())
	return cmp.Or(c.wire.End(outer, wire.EncryptedExtensions), c.wire.End(p, wire.EncryptedExtensions),
		c.wire.Must("selected protocol", slices.Contains(c.config.ALPN, c.Protocol), wire.IllegalParameter, "the server selects the protocol %q", c.Protocol))
}

// readRequest takes a CertificateRequest: RFC 8446 §4.3.2.
func (c *Conn) readRequest(body []byte) error {
	f := wire.Read(body)
	context := f.Vector8()
	list, err := c.wire.ParseExtensions(f.Vector16(), wire.CertificateRequest)
	if err = cmp.Or(err, c.wire.End(f, wire.CertificateRequest),
		c.wire.Must("CertificateRequest has no context", len(context) == 0, wire.IllegalParameter, "CertificateRequest has a context of %d bytes", len(context)),
	); err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(e wire.Extension) bool { return e.Type == wire.ExtSignatureAlgorithms })
	if i < 0 {
		return c.wire.Must("CertificateRequest has schemes", false, wire.MissingExtension, "CertificateRequest has no signature_algorithms")
	}
	schemes, even := wire.ParseUint16s[uint16](wire.Read(list[i].Data).Vector16())
	return cmp.Or(
		c.wire.Must("even list of schemes", even && len(schemes) > 0, wire.DecodeError, "CertificateRequest: the list of schemes is empty or odd"),
		c.wire.Must("scheme in common", slices.Contains(schemes, wire.SM2SigSM3), wire.HandshakeFailure, "CertificateRequest asks for the schemes %#04x", schemes))
}

// readServerPeer reads the server's CertificateRequest, if it sends one, Certificate and CertificateVerify. It reports whether the
// server asks for a certificate.
func (c *Conn) readServerPeer() (asked bool, err error) {
	m, err := c.wire.Expect(wire.CertificateRequest, wire.Certificate)
	if err != nil {
		return false, err
	}
	if m.Type == wire.CertificateRequest {
		asked = true
		if err := c.readRequest(m.Body); err != nil {
			return asked, err
		}
		if m, err = c.wire.Expect(wire.Certificate); err != nil {
			return asked, err
		}
	}
	c.config.Lap.End(wire.ReadFlight)
	return asked, c.checkPeer(m.Body)
}
