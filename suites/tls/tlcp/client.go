package tlcp

import (
	"encoding/asn1"
	"io"
	"math/big"
	"net"
	"slices"

	"github.com/emmansun/gmsm/sm2"

	"github.com/xcmatrix/xcmatrix/suites/tls/pki"
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
	if err := c.exchangeHellos(); err != nil {
		return err
	}
	asked, err := c.readServerFlight()
	if err != nil {
		return err
	}
	if asked {
		if err := c.writeCertificate(); err != nil {
			return err
		}
	}
	if err := c.writeKeyExchange(); err != nil {
		return err
	}
	if asked && c.config.Identity != nil {
		if err := c.writeVerify(); err != nil {
			return err
		}
	}
	if err := c.writeFinished(); err != nil {
		return err
	}
	if err := c.readFinished(); err != nil {
		return err
	}
	c.config.lap(Finish)
	return nil
}

// exchangeHellos sends ClientHello and reads ServerHello.
func (c *Conn) exchangeHellos() error {
	h := &wire.Hello{Version: wire.TLCP, Suites: c.config.suites(), Compression: []byte{0}}
	if err := c.config.random(&h.Random); err != nil {
		return err
	}
	c.clientRandom = h.Random
	if err := c.wire.WriteMessage(wire.Message{Type: wire.ClientHello, Body: h.MarshalClient()}); err != nil {
		return err
	}
	body, err := c.wire.Expect(wire.ServerHello)
	if err != nil {
		return err
	}
	c.config.lap(WaitHello)
	answer, err := wire.ParseServerHello(body)
	switch {
	case err != nil:
		return err
	case answer.Version != wire.TLCP:
		return wire.Refuse(wire.ProtocolVersion, "ServerHello selects the version %#04x", answer.Version)
	case !slices.Contains(h.Suites, answer.Suites[0]):
		return wire.Refuse(wire.IllegalParameter, "ServerHello selects %v, which was not offered", answer.Suites[0])
	case len(answer.Extensions) > 0:
		return wire.Refuse(wire.UnsupportedExtension, "ServerHello has extensions that were not asked for")
	}
	c.serverRandom, c.Suite = answer.Random, answer.Suites[0]
	return nil
}

// readServerFlight reads Certificate to ServerHelloDone. It reports whether the server asks for a certificate.
func (c *Conn) readServerFlight() (asked bool, err error) {
	body, err := c.wire.Expect(wire.Certificate)
	if err != nil {
		return false, err
	}
	c.config.lap(ReadFlight)
	if err := c.parseCertificate(body); err != nil {
		return false, err
	}
	if err := c.verifyChain(); err != nil {
		return false, err
	}
	if body, err = c.wire.Expect(wire.ServerKeyExchange); err != nil { // it proves the signature key: §6.4.5.4
		return false, err
	}
	f := wire.Read(body)
	signature := f.Vector16()
	if err := f.End(wire.ServerKeyExchange); err != nil {
		return false, err
	}
	if !verify(c.Peer[0], c.exchangeContent(c.Peer[1].Raw), signature) {
		return false, wire.Refuse(wire.DecryptError, "ServerKeyExchange does not verify")
	}
	c.config.lap(VerifySignature)
	m, err := c.wire.ReadMessage()
	if err == nil && m.Type == wire.CertificateRequest {
		asked = true
		f := wire.Read(m.Body)
		types := f.Vector8()
		f.Vector16()
		if err := f.End(m.Type); err != nil {
			return false, err
		}
		if !slices.Contains(types, certificateTypeECDSA) {
			return false, wire.Refuse(wire.IllegalParameter, "CertificateRequest asks for types %x", types)
		}
		m, err = c.wire.ReadMessage()
	}
	switch {
	case err != nil:
		return false, err
	case m.Type != wire.ServerHelloDone:
		return false, wire.Refuse(wire.UnexpectedMessage, "%v where ServerHelloDone is due", m.Type)
	case len(m.Body) > 0:
		return false, wire.Refuse(wire.DecodeError, "ServerHelloDone has %d bytes", len(m.Body))
	}
	return asked, nil
}

// writeKeyExchange sends the pre-master secret, encrypted for the server's encryption certificate: GB/T 38636-2020 §6.4.5.8.
func (c *Conn) writeKeyExchange() error {
	preMaster := make([]byte, preMasterBytes)
	version := c.config.PreMasterVersion
	if version == 0 {
		version = wire.TLCP
	}
	copy(preMaster, wire.Uint16s(version))
	if _, err := io.ReadFull(c.config.Random, preMaster[2:]); err != nil {
		return err
	}
	if c.config.Secret != nil {
		preMaster = c.config.Secret
	}
	encrypted, err := c.encrypt(preMaster)
	if err != nil {
		return err
	}
	c.config.lap(KeyAgreement)
	if c.config.PreMaster != nil {
		encrypted = c.config.PreMaster(encrypted)
	}
	if err := c.wire.WriteMessage(wire.Message{Type: wire.ClientKeyExchange, Body: wire.Vector16(encrypted)}); err != nil {
		return err
	}
	return c.derive(preMaster)
}

// encrypt encrypts for the server's encryption certificate: GB/T 35276-2017 §7.2.
func (c *Conn) encrypt(preMaster []byte) ([]byte, error) {
	key, _ := pki.PublicKey(c.Peer[1])
	for {
		encrypted, err := sm2.EncryptASN1(c.config.Random, key, preMaster)
		if err != nil || !c.config.LeadingZero {
			return encrypted, err
		}
		var point struct {
			X, Y *big.Int
			Hash []byte
			Text []byte
		}
		if _, err := asn1.Unmarshal(encrypted, &point); err != nil {
			return nil, err
		}
		if min(point.X.BitLen(), point.Y.BitLen()) <= 248 {
			return encrypted, nil
		}
	}
}

// writeVerify signs the digest of all messages so far: GB/T 38636-2020 §6.4.5.9.
func (c *Conn) writeVerify() error {
	signature, err := c.config.sign(c.config.Identity.Sign.Key, c.wire.Digest())
	if err != nil {
		return err
	}
	return c.wire.WriteMessage(wire.Message{Type: wire.CertificateVerify, Body: wire.Vector16(signature)})
}
