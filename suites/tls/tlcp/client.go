package tlcp

import (
	"cmp"
	"encoding/asn1"
	"io"
	"math/big"
	"net"
	"slices"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

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
	c.config.Lap.End(wire.Finish)
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
	m, err := c.wire.Expect(wire.ServerHello)
	if err != nil {
		return err
	}
	c.config.Lap.End(wire.WaitHello)
	answer, err := c.wire.ParseServerHello(m.Body)
	if err != nil {
		return err
	}
	c.serverRandom, c.Suite = answer.Random, answer.Suites[0]
	return cmp.Or(
		c.wire.Must("server's version", answer.Version == wire.TLCP, wire.ProtocolVersion, "ServerHello selects the version %#04x", answer.Version),
		c.wire.Must("selected suite", slices.Contains(h.Suites, c.Suite), wire.IllegalParameter, "ServerHello selects %v, which was not offered", c.Suite),
		c.wire.Must("extensions asked for", len(answer.Extensions) == 0, wire.UnsupportedExtension, "ServerHello has extensions that were not asked for"))
}

// readServerFlight reads Certificate to ServerHelloDone. It reports whether the server asks for a certificate.
func (c *Conn) readServerFlight() (asked bool, err error) {
	m, err := c.wire.Expect(wire.Certificate)
	if err != nil {
		return false, err
	}
	c.config.Lap.End(wire.ReadFlight)
	if err := c.parseCertificate(m.Body); err != nil {
		return false, err
	}
	if err := c.verifyChain(); err != nil {
		return false, err
	}
	if err := c.readServerExchange(); err != nil {
		return false, err
	}
	if m, err = c.wire.Expect(wire.CertificateRequest, wire.ServerHelloDone); err != nil {
		return false, err
	}
	if m.Type == wire.CertificateRequest {
		asked = true
		f := wire.Read(m.Body)
		types := f.Vector8()
		f.Vector16()
		err := cmp.Or(c.wire.End(f, m.Type),
			c.wire.Must("certificate type", slices.Contains(types, certificateTypeECDSA), wire.IllegalParameter, "CertificateRequest asks for types %x", types))
		if err != nil {
			return false, err
		}
		if m, err = c.wire.Expect(wire.ServerHelloDone); err != nil {
			return false, err
		}
	}
	return asked, c.wire.End(wire.Read(m.Body), m.Type)
}

// readServerExchange reads ServerKeyExchange, which proves the signature key: GB/T 38636-2020 §6.4.5.4.
func (c *Conn) readServerExchange() error {
	m, err := c.wire.Expect(wire.ServerKeyExchange)
	if err != nil {
		return err
	}
	f := wire.Read(m.Body)
	signature := f.Vector16()
	if err := c.wire.End(f, m.Type); err != nil {
		return err
	}
	if err := c.verify(c.Peer[0], c.exchangeContent(c.encryption().Raw), signature, m.Type); err != nil {
		return err
	}
	c.config.Lap.End(wire.VerifySignature)
	return nil
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
	c.config.Lap.End(wire.KeyAgreement)
	if c.config.PreMaster != nil {
		encrypted = c.config.PreMaster(encrypted)
	}
	if err := c.wire.WriteMessage(wire.Message{Type: wire.ClientKeyExchange, Body: wire.Vector16(encrypted)}); err != nil {
		return err
	}
	if c.config.Derived != nil {
		preMaster = c.config.Derived
	}
	return c.derive(preMaster)
}

// encryption is the server's certificate for encryption: its second.
func (c *Conn) encryption() *smx509.Certificate { return c.Peer[min(1, len(c.Peer)-1)] }

// encrypt encrypts for the server's encryption certificate: GB/T 35276-2017 §7.2.
func (c *Conn) encrypt(preMaster []byte) ([]byte, error) {
	key, _ := pki.PublicKey(c.encryption())
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
