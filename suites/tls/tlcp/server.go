package tlcp

import (
	"encoding/binary"
	"io"
	"net"
	"slices"

	"github.com/emmansun/gmsm/sm2"

	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// Server shakes hands as a server. On an error it has told the peer, and the connection is the caller's to close.
func Server(raw net.Conn, config Config) (*Conn, error) {
	c := newConn(raw, &config, false)
	if err := c.serverHandshake(); err != nil {
		return c, c.wire.Fail(err)
	}
	return c, nil
}

func (c *Conn) serverHandshake() error {
	if err := c.readClientHello(); err != nil {
		return err
	}
	if err := c.writeServerFlight(); err != nil {
		return err
	}
	if c.config.Roots != nil {
		if err := c.readClientCertificate(); err != nil {
			return err
		}
	}
	if err := c.readKeyExchange(); err != nil {
		return err
	}
	if c.config.Roots != nil {
		if err := c.readVerify(); err != nil {
			return err
		}
	}
	if err := c.readFinished(); err != nil {
		return err
	}
	return c.writeFinished()
}

func (c *Conn) readClientHello() error {
	body, err := c.wire.Expect(wire.ClientHello)
	if err != nil {
		return err
	}
	h, err := wire.ParseClientHello(body)
	switch {
	case err != nil:
		return err
	case h.Version != wire.TLCP:
		return wire.Refuse(wire.ProtocolVersion, "ClientHello has the version %#04x", h.Version)
	}
	for _, s := range c.config.suites() {
		if slices.Contains(h.Suites, s) {
			c.clientRandom, c.Suite = h.Random, s
			return nil
		}
	}
	return wire.Refuse(wire.HandshakeFailure, "no cipher suite in common")
}

// writeServerFlight sends ServerHello to ServerHelloDone.
func (c *Conn) writeServerFlight() error {
	if err := c.config.random(&c.serverRandom); err != nil {
		return err
	}
	session := make([]byte, 32)
	if _, err := io.ReadFull(c.config.Random, session); err != nil {
		return err
	}
	hello := &wire.Hello{Version: wire.TLCP, Random: c.serverRandom, SessionID: session, Suites: []wire.CipherSuite{c.Suite}, Compression: []byte{0}}
	if err := c.wire.WriteMessage(wire.Message{Type: wire.ServerHello, Body: hello.MarshalServer()}); err != nil {
		return err
	}
	if err := c.writeCertificate(); err != nil {
		return err
	}
	identity := c.config.Identity
	content := c.exchangeContent(identity.Encrypt.Chain[0])
	if c.config.OtherRandoms {
		content[0] ^= 1
	}
	signature, err := c.config.sign(identity.Sign.Key, content)
	if err != nil {
		return err
	}
	if err := c.wire.WriteMessage(wire.Message{Type: wire.ServerKeyExchange, Body: wire.Vector16(signature)}); err != nil {
		return err
	}
	if c.config.Roots != nil {
		body := append(wire.Vector8([]byte{certificateTypeECDSA}), wire.Vector16(nil)...)
		if err := c.wire.WriteMessage(wire.Message{Type: wire.CertificateRequest, Body: body}); err != nil {
			return err
		}
	}
	return c.wire.WriteMessage(wire.Message{Type: wire.ServerHelloDone})
}

func (c *Conn) readClientCertificate() error {
	body, err := c.wire.Expect(wire.Certificate)
	if err != nil {
		return err
	}
	if err := c.parseCertificate(body); err != nil {
		return err
	}
	if len(c.Peer) == 0 {
		return wire.Refuse(wire.HandshakeFailure, "the client shows no certificate")
	}
	return c.verifyChain()
}

// readKeyExchange decrypts the pre-master secret. One that cannot be decrypted or has another version than ClientHello is
// replaced by random bytes, so that the handshake fails at Finished and says nothing of why.
func (c *Conn) readKeyExchange() error {
	body, err := c.wire.Expect(wire.ClientKeyExchange)
	if err != nil {
		return err
	}
	f := wire.Read(body)
	encrypted := f.Vector16()
	if err := f.End(wire.ClientKeyExchange); err != nil {
		return err
	}
	other := make([]byte, preMasterBytes)
	if _, err := io.ReadFull(c.config.Random, other); err != nil {
		return err
	}
	preMaster, err := sm2.Decrypt(c.config.Identity.Encrypt.Key, encrypted)
	if err != nil || len(preMaster) != preMasterBytes || binary.BigEndian.Uint16(preMaster) != wire.TLCP {
		preMaster = other
	}
	return c.derive(preMaster)
}

func (c *Conn) readVerify() error {
	m, err := c.wire.ReadMessage()
	switch {
	case err != nil:
		return err
	case m.Type != wire.CertificateVerify:
		return wire.Refuse(wire.UnexpectedMessage, "%v where CertificateVerify is due", m.Type)
	}
	f := wire.Read(m.Body)
	signature := f.Vector16()
	if err := f.End(m.Type); err != nil {
		return err
	}
	if !verify(c.Peer[0], c.wire.DigestBefore(m), signature) {
		return wire.Refuse(wire.DecryptError, "CertificateVerify does not verify")
	}
	return nil
}
