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
	m, err := c.wire.Expect(wire.ClientHello)
	if err != nil {
		return err
	}
	h, err := c.wire.ParseClientHello(m.Body)
	if err != nil {
		return err
	}
	if err := c.wire.Must("client's version", h.Version == wire.TLCP, wire.ProtocolVersion, "ClientHello has the version %#04x", h.Version); err != nil {
		return err
	}
	own := c.config.suites()
	c.clientRandom = h.Random
	i := slices.IndexFunc(own, func(s wire.CipherSuite) bool { return slices.Contains(h.Suites, s) })
	c.Suite = own[max(0, i)]
	return c.wire.Must("suite in common", i >= 0, wire.HandshakeFailure, "no cipher suite in common")
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
	m, err := c.wire.Expect(wire.Certificate)
	if err != nil {
		return err
	}
	if err := c.parseCertificate(m.Body); err != nil {
		return err
	}
	if err := c.wire.Must("client shows a certificate", len(c.Peer) > 0, wire.HandshakeFailure, "the client shows no certificate"); err != nil {
		return err
	}
	return c.verifyChain()
}

// readKeyExchange decrypts the pre-master secret. One that cannot be decrypted or has another version than ClientHello is
// replaced by random bytes, so that the handshake fails at Finished and says nothing of why.
func (c *Conn) readKeyExchange() error {
	m, err := c.wire.Expect(wire.ClientKeyExchange)
	if err != nil {
		return err
	}
	f := wire.Read(m.Body)
	encrypted := f.Vector16()
	if err := c.wire.End(f, m.Type); err != nil {
		return err
	}
	other := make([]byte, preMasterBytes)
	if _, err := io.ReadFull(c.config.Random, other); err != nil {
		return err
	}
	decrypt := c.config.Decrypt
	if decrypt == nil {
		decrypt = func(key *sm2.PrivateKey, encrypted []byte) ([]byte, error) { return sm2.Decrypt(key, encrypted) }
	}
	preMaster, err := decrypt(c.config.Identity.Encrypt.Key, encrypted)
	if err != nil || len(preMaster) != preMasterBytes && !c.wire.Omits("pre-master length") ||
		binary.BigEndian.Uint16(preMaster) != wire.TLCP && !c.wire.Omits("pre-master version") {
		preMaster = other
	}
	return c.derive(preMaster)
}

func (c *Conn) readVerify() error {
	m, err := c.wire.Expect(wire.CertificateVerify)
	if err != nil {
		return err
	}
	f := wire.Read(m.Body)
	signature := f.Vector16()
	if err := c.wire.End(f, m.Type); err != nil || len(c.Peer) == 0 {
		return err
	}
	return c.verify(c.Peer[0], c.wire.DigestBefore(m), signature, m.Type)
}
