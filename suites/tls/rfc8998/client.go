package rfc8998

import (
	"net"
	"slices"

	"github.com/emmansun/gmsm/ecdh"

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
	c.config.lap(OwnKey)
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
	asked, err := c.readEncryptedExtensions()
	if err != nil {
		return err
	}
	if err := c.readServerPeer(asked); err != nil {
		return err
	}
	if err := c.readFinished(c.schedule.ServerHandshake); err != nil {
		return err
	}
	return c.clientFinish(asked.certificate)
}

// clientFinish sends the client's own certificate if it was asked for, and Finished, and changes to the last keys.
func (c *Conn) clientFinish(certificate bool) error {
	c.schedule.Application(c.wire.Digest())
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
	c.config.lap(Finish)
	return c.protect(c.schedule.ClientApplication, c.schedule.ServerApplication)
}

// clientAgree derives the handshake keys from the server's share.
func (c *Conn) clientAgree(answer *wire.Hello, key *ecdh.PrivateKey) error {
	data, ok := answer.Extension(wire.ExtKeyShare)
	if !ok {
		return wire.Refuse(wire.MissingExtension, "ServerHello has no key share")
	}
	f := wire.Read(data)
	group, share := f.Uint16(), f.Vector16()
	if err := f.End(wire.ServerHello); err != nil {
		return err
	}
	if group != wire.CurveSM2 {
		return wire.Refuse(wire.IllegalParameter, "ServerHello selects the group %d", group)
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
	public, err := ecdh.P256().NewPublicKey(share)
	if err != nil {
		return wire.Refuse(wire.IllegalParameter, "the peer's share is no point of curveSM2: %v", err)
	}
	shared, err := key.ECDH(public)
	if err != nil {
		return wire.Refuse(wire.IllegalParameter, "the peer's share gives no secret: %v", err)
	}
	c.config.lap(KeyAgreement)
	c.schedule = NewSchedule(shared, c.wire.Digest())
	c.config.lap(KeySchedule)
	return nil
}

// request is what a server asks its client for.
type request struct {
	certificate bool
	next        wire.Message // Certificate, where no CertificateRequest stood before it
}

// readEncryptedExtensions reads EncryptedExtensions: only answers to what was asked may stand there (RFC 8446 §4.3.1).
func (c *Conn) readEncryptedExtensions() (request, error) {
	body, err := c.wire.Expect(wire.EncryptedExtensions)
	if err != nil {
		return request{}, err
	}
	f := wire.Read(body)
	list, err := wire.ParseExtensions(f.Vector16(), wire.EncryptedExtensions)
	if err == nil {
		err = f.End(wire.EncryptedExtensions)
	}
	if err != nil {
		return request{}, err
	}
	for _, e := range list {
		switch e.Type {
		case wire.ExtSupportedGroups:
		case wire.ExtServerName:
			if len(e.Data) > 0 {
				return request{}, wire.Refuse(wire.DecodeError, "the answer to server_name has %d bytes", len(e.Data))
			}
		case wire.ExtALPN:
			p := wire.Read(wire.Read(e.Data).Vector16())
			c.Protocol = string(p.Vector8())
			if p.More() || !slices.Contains(c.config.ALPN, c.Protocol) {
				return request{}, wire.Refuse(wire.IllegalParameter, "the server selects the protocol %q", c.Protocol)
			}
		default:
			return request{}, wire.Refuse(wire.UnsupportedExtension, "EncryptedExtensions has extension %d", e.Type)
		}
	}
	m, err := c.wire.ReadMessage()
	if err != nil || m.Type != wire.CertificateRequest {
		return request{next: m}, err
	}
	f = wire.Read(m.Body)
	f.Vector8()
	f.Vector16()
	if err := f.End(wire.CertificateRequest); err != nil {
		return request{}, err
	}
	m, err = c.wire.ReadMessage()
	return request{true, m}, err
}

// readServerPeer takes the server's Certificate and reads its CertificateVerify.
func (c *Conn) readServerPeer(asked request) error {
	if asked.next.Type != wire.Certificate {
		return wire.Refuse(wire.UnexpectedMessage, "%v where Certificate is due", asked.next.Type)
	}
	c.config.lap(ReadFlight)
	return c.checkPeer(asked.next.Body)
}
