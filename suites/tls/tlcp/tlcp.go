// Package tlcp is a client and a server of TLCP (GB/T 38636-2020) with the key exchange ECC, made for tests: each message
// can be sent wrong on purpose, randomness comes from the caller, and each stage can be timed. It has no resumption, and
// is not hardened: no product should use it.
package tlcp

import (
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"

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

// Config says how a peer behaves. The zero value of a field is what the standard wants.
type Config struct {
	Random   io.Reader          // of everything that is random; required
	Identity *Identity          // of a server, or of a client that may be asked
	Roots    *smx509.CertPool   // that the peer's certificates must lead to; a server that has them asks for a certificate
	Host     string             // of the server, for a client
	Now      time.Time          // in Random and for certificates; zero: the present
	Suites   []wire.CipherSuite // in order of preference; nil: ECC_SM4_GCM_SM3, ECC_SM4_CBC_SM3

	SignatureID      string                            // of what this side signs, to send a wrong one
	PreMasterVersion uint16                            // of a client, to send a wrong one
	PreMaster        func(encrypted []byte) []byte     // changes a client's encrypted pre-master secret
	Secret           []byte                            // a client's pre-master secret; nil: a random one
	OtherRandoms     bool                              // a server signs over Randoms that are not this handshake's
	LeadingZero      bool                              // a client encrypts until a coordinate of C1 begins with a zero byte
	Alter            func(wire.Message) []wire.Message // see wire.Conn
	AlterRecord      func([]byte) []byte
	Lap              func(stage string) // called at the end of each stage
}

// The stages of a handshake, in their order. A stage that does not occur has no lap.
const (
	WaitHello       = "wait for ServerHello"
	ReadFlight      = "read"
	ParseChain      = "parse"
	VerifyChain     = "verify chain"
	VerifySignature = "verify signature"
	KeyAgreement    = "key agreement" // encrypting the pre-master secret: ECC has no agreement in the strict sense
	KeySchedule     = "key schedule"
	Finish          = "finish"
)

// suites returns the cipher suites in the order of preference; both of the protocol where none are given.
func (c *Config) suites() []wire.CipherSuite {
	if c.Suites == nil {
		return []wire.CipherSuite{wire.ECC_SM4_GCM_SM3, wire.ECC_SM4_CBC_SM3}
	}
	return c.Suites
}

// lap tells the caller that a stage of the handshake has ended.
func (c *Config) lap(stage string) {
	if c.Lap != nil {
		c.Lap(stage)
	}
}

func (c *Config) now() time.Time {
	if c.Now.IsZero() {
		return time.Now()
	}
	return c.Now
}

// sign returns the SM2 signature of content under the configured identifier.
func (c *Config) sign(key *sm2.PrivateKey, content []byte) ([]byte, error) {
	id := c.SignatureID
	if id == "" {
		id = DefaultID
	}
	return key.SignWithSM2(c.Random, []byte(id), content)
}

// random fills a Random: the seconds since 1970 in four bytes, then random bytes. GB/T 38636-2020 §6.4.5.2.1.
func (c *Config) random(to *[32]byte) error {
	binary.BigEndian.PutUint32(to[:], uint32(c.now().Unix()))
	_, err := io.ReadFull(c.Random, to[4:])
	return err
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

func newConn(raw net.Conn, config *Config, client bool) *Conn {
	return &Conn{config: config, client: client, wire: &wire.Conn{Conn: raw, Version: wire.TLCP, Alter: config.Alter,
		AlterRecord: config.AlterRecord}}
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
		if err == nil && t != wire.ApplicationData {
			err = wire.Refuse(wire.UnexpectedMessage, "a record of type %d among application data", t)
		}
		if err != nil {
			return 0, c.wire.Fail(err)
		}
		c.unread = content
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
	c.config.lap(KeySchedule)
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
	t, content, err := c.wire.ReadRecord()
	switch {
	case err != nil:
		return err
	case t != wire.ChangeCipherSpec:
		return wire.Refuse(wire.UnexpectedMessage, "a record of type %d where ChangeCipherSpec is due", t)
	case len(content) != 1 || content[0] != 1:
		return wire.Refuse(wire.DecodeError, "ChangeCipherSpec of %d bytes", len(content))
	}
	c.wire.In = c.in
	m, err := c.wire.ReadMessage()
	switch {
	case err != nil:
		return err
	case m.Type != wire.Finished:
		return wire.Refuse(wire.UnexpectedMessage, "%v where Finished is due", m.Type)
	case !hmac.Equal(m.Body, VerifyData(c.master, !c.client, c.wire.DigestBefore(m))):
		return wire.Refuse(wire.DecryptError, "Finished does not verify")
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
	if err := errors.Join(f.End(wire.Certificate), list.End(wire.Certificate)); err != nil {
		return err
	}
	peer, err := pki.Parse(chain)
	if err != nil {
		return wire.Refuse(wire.BadCertificate, "a certificate cannot be read: %v", err)
	}
	c.Peer = peer
	c.config.lap(ParseChain)
	return nil
}

// verifyChain checks both certificates of the peer: each leads to a root, has an SM2 key for its use, and is the server's.
// A client may have one alone, for signatures.
func (c *Conn) verifyChain() error {
	uses := []smx509.KeyUsage{smx509.KeyUsageDigitalSignature, smx509.KeyUsageKeyEncipherment | smx509.KeyUsageDataEncipherment | smx509.KeyUsageKeyAgreement}
	usage := smx509.ExtKeyUsageServerAuth
	if !c.client {
		uses, usage = uses[:1], smx509.ExtKeyUsageClientAuth
	}
	if len(c.Peer) < len(uses) {
		return wire.Refuse(wire.BadCertificate, "the server shows %d certificates, two are due", len(c.Peer))
	}
	above := smx509.NewCertPool()
	for _, x := range c.Peer[len(uses):] {
		above.AddCert(x)
	}
	for i, use := range uses {
		x := c.Peer[i]
		if _, ok := pki.PublicKey(x); !ok {
			return wire.Refuse(wire.BadCertificate, "certificate %d has no SM2 key", i+1)
		}
		if x.KeyUsage&use == 0 {
			return wire.Refuse(wire.BadCertificate, "the key of certificate %d is for another use", i+1)
		}
		options := smx509.VerifyOptions{Roots: c.config.Roots, Intermediates: above, CurrentTime: c.config.now(), KeyUsages: []smx509.ExtKeyUsage{usage}}
		if c.client {
			options.DNSName = c.config.Host
		}
		if _, err := x.Verify(options); err != nil {
			if _, unknown := err.(smx509.UnknownAuthorityError); unknown {
				return wire.Refuse(wire.UnknownCA, "certificate %d: %v", i+1, err)
			}
			return wire.Refuse(wire.BadCertificate, "certificate %d: %v", i+1, err)
		}
	}
	c.config.lap(VerifyChain)
	return nil
}

// exchangeContent is what a ServerKeyExchange signs: both Randoms and the encryption certificate. GB/T 38636-2020 §6.4.5.4.
func (c *Conn) exchangeContent(certificate []byte) []byte {
	b := append(c.clientRandom[:len(c.clientRandom):len(c.clientRandom)], c.serverRandom[:]...)
	return append(b, wire.Vector24(certificate)...)
}

// verify reports whether a signature under the default identifier is that of the certificate's key.
func verify(x *smx509.Certificate, content, signature []byte) bool {
	key, ok := pki.PublicKey(x)
	return ok && sm2.VerifyASN1WithSM2(key, []byte(DefaultID), content, signature)
}
