// Package rfc8998 is a client and a server of TLS 1.3 with the SM cipher suites of RFC 8998, made for tests: each message
// can be sent wrong on purpose, randomness comes from the caller, and each stage can be timed. It has no resumption and
// no early data, and is not hardened: no product should use it.
package rfc8998

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net"

	"github.com/emmansun/gmsm/ecdh"
	"github.com/emmansun/gmsm/smx509"

	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// SignatureID is the signer's identity in a CertificateVerify: RFC 8998 §3.2.1.
const SignatureID = "TLSv1.3+GM+Cipher+Suite"

// Conn is a connection after its handshake.
type Conn struct {
	wire     *wire.Conn
	config   *Config
	schedule *Schedule
	client   bool
	unread   []byte

	Suite    wire.CipherSuite
	Peer     []*smx509.Certificate // the peer's chain; nil where it showed none
	Protocol string                // that ALPN chose
	Retried  bool                  // there was a HelloRetryRequest
}

// The order of the peer's messages.
var (
	clientOrder = []wire.MessageType{wire.ClientHello, wire.Certificate, wire.CertificateVerify, wire.Finished}
	serverOrder = []wire.MessageType{wire.ServerHello, wire.EncryptedExtensions, wire.CertificateRequest, wire.Certificate, wire.CertificateVerify, wire.Finished}
)

func newConn(raw net.Conn, config *Config, client bool) *Conn {
	order := clientOrder
	if client {
		order = serverOrder
	}
	return &Conn{config: config, client: client, wire: &wire.Conn{Conn: raw, Checks: wire.Checks{Omit: config.Omit}, Version: wire.TLS12,
		Expansion: wire.ExpansionTLS13, Order: order, Alter: config.Alter, AlterRecord: config.AlterRecord, Inspect: config.Inspect,
		SkipChangeCipherSpec: client}} // a client's before its ClientHello is refused: RFC 8446 §5
}

// IsClient reports whether this side is the client.
func (c *Conn) IsClient() bool { return c.client }

// Wire is the connection beneath, to send what no peer should.
func (c *Conn) Wire() *wire.Conn { return c.wire }

// protect sets the keys of both directions.
func (c *Conn) protect(clientSecret, serverSecret []byte) error {
	in, err := NewProtection(c.Suite, serverSecret)
	if err != nil {
		return err
	}
	out, err := NewProtection(c.Suite, clientSecret)
	if err != nil {
		return err
	}
	if !c.client {
		in, out = out, in
	}
	c.wire.In, c.wire.Out = in, out
	return nil
}

// Write sends application data.
func (c *Conn) Write(data []byte) (int, error) {
	return len(data), c.wire.WriteRecord(wire.ApplicationData, data)
}

// Read returns application data. KeyUpdate is done, tickets are left out.
func (c *Conn) Read(data []byte) (int, error) {
	for len(c.unread) == 0 {
		t, content, err := c.wire.ReadRecord()
		if err != nil {
			return 0, c.wire.Fail(err)
		}
		switch t {
		case wire.ApplicationData:
			c.unread = content
		case wire.Handshake:
			err = c.afterwards(content)
		default:
			err = c.wire.Must("application data is due", false, wire.UnexpectedMessage, "a record of type %d among application data", t)
		}
		if err != nil {
			return 0, c.wire.Fail(err)
		}
	}
	n := copy(data, c.unread)
	c.unread = c.unread[n:]
	return n, nil
}

// afterwards takes a handshake message behind the handshake, which is in a record of its own: RFC 8446 §4.6.
func (c *Conn) afterwards(content []byte) error {
	f := wire.Read(content)
	t := wire.MessageType(f.Uint8())
	body := f.Vector24()
	if c.wire.Inspect != nil {
		if err := c.wire.Inspect(wire.Message{Type: t, Body: body}); err != nil {
			return err
		}
	}
	if err := cmp.Or(
		c.wire.Must("message whole at the change of keys", t != wire.KeyUpdate || !f.More(), wire.UnexpectedMessage, "a message goes on behind KeyUpdate"),
		c.wire.End(f, t)); err != nil {
		return err
	}
	if t == wire.NewSessionTicket && c.client {
		return c.checkTicket(body)
	}
	if t != wire.KeyUpdate {
		return c.wire.Must("message behind the handshake", false, wire.UnexpectedMessage, "%v behind the handshake", t)
	}
	if err := cmp.Or(
		c.wire.Must("KeyUpdate of a byte", len(body) == 1, wire.DecodeError, "KeyUpdate has %d bytes", len(body)),
		c.wire.Must("KeyUpdate asks 0 or 1", len(body) == 0 || body[0] <= 1, wire.IllegalParameter, "KeyUpdate asks for %x", body),
	); err != nil {
		return err
	}
	if len(body) > 0 && body[0] == 1 {
		if err := c.UpdateKeys(false); err != nil {
			return err
		}
	}
	in, err := c.wire.In.(*protection).updated()
	c.wire.In = in
	return err
}

// checkTicket refuses a NewSessionTicket that is not whole; the ticket is not used: RFC 8446 §4.6.1.
func (c *Conn) checkTicket(body []byte) error {
	f := wire.Read(body)
	f.Bytes(8) // lifetime and age_add
	f.Vector8()
	ticket := f.Vector16()
	list := f.Vector16()
	if err := c.wire.End(f, wire.NewSessionTicket); err != nil {
		return err
	}
	_, err := c.wire.ParseExtensions(list, wire.NewSessionTicket)
	return cmp.Or(err, c.wire.Must("ticket has bytes", len(ticket) > 0, wire.DecodeError, "NewSessionTicket has an empty ticket"))
}

// UpdateKeys sends a KeyUpdate, which asks the peer for one in return or not, and changes the keys that this side sends with.
func (c *Conn) UpdateKeys(both bool) error {
	ask := []byte{0}
	if both {
		ask[0] = 1
	}
	if err := c.wire.WriteRecord(wire.Handshake, wire.Message{Type: wire.KeyUpdate, Body: ask}.Marshal()); err != nil {
		return err
	}
	out, err := c.wire.Out.(*protection).updated()
	c.wire.Out = out
	return err
}

// Close sends close_notify and closes the connection.
func (c *Conn) Close() error { return errors.Join(c.wire.CloseWrite(), c.wire.Conn.Close()) }

// newKey makes an ephemeral key. The bytes come from the caller, so that two equal sources make equal keys.
func newKey(random io.Reader) (*ecdh.PrivateKey, error) {
	for {
		scalar := make([]byte, 32)
		if _, err := io.ReadFull(random, scalar); err != nil {
			return nil, err
		}
		if bytes.Count(scalar, []byte{0}) == len(scalar) {
			return nil, errors.New("the random source gives zeros")
		}
		if key, err := ecdh.P256().NewPrivateKey(scalar); err == nil {
			return key, nil
		}
	}
}

// signedContent is what a CertificateVerify signs: RFC 8446 §4.4.3.
func signedContent(client bool, digest []byte) []byte {
	side := "server"
	if client {
		side = "client"
	}
	b := bytes.Repeat([]byte{' '}, 64)
	b = append(b, "TLS 1.3, "+side+" CertificateVerify\x00"...)
	return append(b, digest...)
}
