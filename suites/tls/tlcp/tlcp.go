// Package tlcp is a client and a server of TLCP (GB/T 38636-2020) with the key exchange ECC, made for tests: each message
// can be sent wrong on purpose, randomness comes from the caller, and each stage can be timed. It has no resumption, and
// is not hardened: no product should use it.
package tlcp

import (
	"cmp"
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"net"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/xcmatrix/xcmatrix/suites/tls/pki"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// DefaultID is the signer's identity: GB/T 35276-2017 §10.
const DefaultID = "1234567812345678"

// certificateTypeECDSA is the only type in a CertificateRequest: GB/T 38636-2020 §6.4.5.5.
const certificateTypeECDSA = 64

// Identity is a pair of certificates: one for signatures, one for encryption.
type Identity struct{ Sign, Encrypt *pki.Identity }

// chain is the list of a Certificate message: signature, encryption, then what stands above them.
func (i *Identity) chain() [][]byte {
	list := [][]byte{i.Sign.Chain[0]}
	if i.Encrypt != nil {
		list = append(list, i.Encrypt.Chain[0])
	}
	return append(list, i.Sign.Chain[1:]...)
}

// Conn is a connection after its handshake.
type Conn struct {
	wire   *wire.Conn
	config *Config
	client bool
	unread []byte

	clientRandom, serverRandom [32]byte
	master                     []byte
	in, out                    wire.Protection // that ChangeCipherSpec switches to

	Suite wire.CipherSuite
	Peer  []*smx509.Certificate // signature, encryption, then what stands above; nil where the peer showed none
}

// The order of the peer's messages.
var (
	clientOrder = []wire.MessageType{wire.ClientHello, wire.Certificate, wire.ClientKeyExchange, wire.CertificateVerify, wire.Switched, wire.Finished}
	serverOrder = []wire.MessageType{wire.ServerHello, wire.Certificate, wire.ServerKeyExchange, wire.CertificateRequest, wire.ServerHelloDone, wire.Finished}
)

func newConn(raw net.Conn, config *Config, client bool) *Conn {
	order := clientOrder
	if client {
		order = serverOrder
	}
	return &Conn{config: config, client: client, wire: &wire.Conn{Conn: raw, Checks: wire.Checks{Omit: config.Omit}, Version: wire.TLCP,
		Expansion: wire.ExpansionTLCP, Order: order, Alter: config.Alter, AlterRecord: config.AlterRecord, Inspect: config.Inspect}}
}

// IsClient reports whether this side is the client.
func (c *Conn) IsClient() bool { return c.client }

// PeerTime is the time in the peer's Random, in seconds since 1970.
func (c *Conn) PeerTime() uint32 {
	if c.client {
		return binary.BigEndian.Uint32(c.serverRandom[:])
	}
	return binary.BigEndian.Uint32(c.clientRandom[:])
}

// Wire is the connection beneath, to send what no peer should.
func (c *Conn) Wire() *wire.Conn { return c.wire }

// Write sends application data.
func (c *Conn) Write(data []byte) (int, error) {
	return len(data), c.wire.WriteRecord(wire.ApplicationData, data)
}

// Read returns application data. A renegotiation is refused.
func (c *Conn) Read(data []byte) (int, error) {
	for len(c.unread) == 0 {
		t, content, err := c.wire.ReadRecord()
		if err == nil {
			err = c.wire.Must("application data is due", t == wire.ApplicationData, wire.UnexpectedMessage, "a record of type %d among application data", t)
		}
		if err != nil {
			return 0, c.wire.Fail(err)
		}
		if t == wire.ApplicationData {
			c.unread = content
		}
	}
	n := copy(data, c.unread)
	c.unread = c.unread[n:]
	return n, nil
}

// Close sends close_notify and closes the connection.
func (c *Conn) Close() error { return errors.Join(c.wire.CloseWrite(), c.wire.Conn.Close()) }

// derive computes master secret and keys.
func (c *Conn) derive(preMaster []byte) error {
	c.master = Master(preMaster, c.clientRandom[:], c.serverRandom[:])
	client, server, err := protections(c.Suite, c.master, c.clientRandom[:], c.serverRandom[:], c.config.Random)
	c.in, c.out = server, client
	if !c.client {
		c.in, c.out = client, server
	}
	c.config.Lap.End(wire.KeySchedule)
	return err
}

// writeFinished sends ChangeCipherSpec and Finished.
func (c *Conn) writeFinished() error {
	if err := c.wire.WriteRecord(wire.ChangeCipherSpec, []byte{1}); err != nil {
		return err
	}
	c.wire.Out = c.out
	return c.wire.WriteMessage(wire.Message{Type: wire.Finished, Body: VerifyData(c.master, c.client, c.wire.Digest())})
}

// readFinished reads ChangeCipherSpec and Finished.
func (c *Conn) readFinished() error {
	if err := c.wire.Whole(); err != nil {
		return err
	}
	if err := c.wire.ExpectSwitch(); err != nil {
		return err
	}
	c.wire.In = c.in
	if c.wire.Omits("Finished comes") {
		return nil
	}
	m, err := c.wire.Expect(wire.Finished)
	if err != nil {
		return err
	}
	if err := c.wire.Must("Finished verifies", hmac.Equal(m.Body, VerifyData(c.master, !c.client, c.wire.DigestBefore(m))),
		wire.DecryptError, "Finished does not verify"); err != nil {
		return err
	}
	return c.wire.Whole()
}

func (c *Conn) writeCertificate() error {
	var list []byte
	if c.config.Identity != nil {
		for _, der := range c.config.Identity.chain() {
			list = append(list, wire.Vector24(der)...)
		}
	}
	return c.wire.WriteMessage(wire.Message{Type: wire.Certificate, Body: wire.Vector24(list)})
}

// parseCertificate takes the peer's chain out of a Certificate message.
func (c *Conn) parseCertificate(body []byte) error {
	f := wire.Read(body)
	list := wire.Read(f.Vector24())
	var chain [][]byte
	for list.More() {
		chain = append(chain, list.Vector24())
	}
	if err := cmp.Or(c.wire.End(f, wire.Certificate), c.wire.End(list, wire.Certificate)); err != nil {
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

// verifyChain checks both certificates of the peer: each leads to a root, has an SM2 key for its use, and is the server's.
// A client may have one alone, for signatures.
func (c *Conn) verifyChain() error {
	uses := []smx509.KeyUsage{smx509.KeyUsageDigitalSignature, smx509.KeyUsageKeyEncipherment | smx509.KeyUsageDataEncipherment | smx509.KeyUsageKeyAgreement}
	usage, host := smx509.ExtKeyUsageServerAuth, c.config.Host
	if !c.client {
		uses, usage, host = uses[:1], smx509.ExtKeyUsageClientAuth, ""
	}
	if err := c.wire.Must("certificates shown", len(c.Peer) >= len(uses), wire.BadCertificate, "the server shows %d certificates, %d are due", len(c.Peer), len(uses)); err != nil {
		return err
	}
	for i, use := range uses[:min(len(uses), len(c.Peer))] {
		x := c.Peer[i]
		_, isSM2 := pki.PublicKey(x)
		if err := cmp.Or(
			c.wire.Must("certificate's key is SM2", isSM2, wire.BadCertificate, "certificate %d has no SM2 key", i+1),
			c.wire.Must("certificate's use", x.KeyUsage&use != 0, wire.BadCertificate, "the key of certificate %d is for another use", i+1),
			c.wire.VerifyCertificate(x, c.Peer[min(len(uses), len(c.Peer)):], c.config.Roots, host, usage, c.config.now()),
		); err != nil {
			return err
		}
	}
	c.config.Lap.End(wire.VerifyChain)
	return nil
}

// exchangeContent is what a ServerKeyExchange signs: both Randoms and the encryption certificate. GB/T 38636-2020 §6.4.5.4.
func (c *Conn) exchangeContent(certificate []byte) []byte {
	b := append(c.clientRandom[:len(c.clientRandom):len(c.clientRandom)], c.serverRandom[:]...)
	return append(b, wire.Vector24(certificate)...)
}

// verify refuses a signature under the default identifier that is not that of the certificate's key.
func (c *Conn) verify(x *smx509.Certificate, content, signature []byte, t wire.MessageType) error {
	key, ok := pki.PublicKey(x)
	verifies := ok && sm2.VerifyASN1WithSM2(key, []byte(DefaultID), content, signature)
	if verifies && c.config.Verified != nil {
		c.config.Verified(key, content, signature)
	}
	return c.wire.Must(t.String()+" verifies", verifies, wire.DecryptError, "%v does not verify", t)
}
