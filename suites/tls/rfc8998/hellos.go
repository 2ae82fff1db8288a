package rfc8998

import (
	"bytes"
	"cmp"
	"io"
	"net"
	"slices"

	"github.com/emmansun/gmsm/ecdh"

	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// clientHello is the first ClientHello: RFC 8446 §4.1.2, RFC 8998 §3.3.
func (c *Conn) clientHello(share []byte) (*wire.Hello, error) {
	session := c.config.SessionBytes
	if session == 0 {
		session = 32
	}
	h := &wire.Hello{Version: wire.TLS12, SessionID: make([]byte, max(0, session)), Suites: c.config.suites(), Compression: []byte{0}}
	if _, err := io.ReadFull(c.config.Random, h.Random[:]); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(c.config.Random, h.SessionID); err != nil {
		return nil, err
	}
	if c.config.Host != "" && net.ParseIP(c.config.Host) == nil { // no address in SNI: RFC 6066 §3
		h.Extensions = append(h.Extensions, wire.Extension{Type: wire.ExtServerName, Data: wire.ServerName(c.config.Host)})
	}
	shares := c.config.KeyShares
	if shares == nil {
		shares = []uint16{wire.CurveSM2}
	}
	groups := slices.Compact(append([]uint16{wire.CurveSM2}, shares...)) // a share is for a group that is listed: RFC 8446 §4.2.8
	h.Extensions = append(h.Extensions,
		wire.Extension{Type: wire.ExtSupportedGroups, Data: wire.Vector16(wire.Uint16s(groups...))},
		wire.Extension{Type: wire.ExtSignatureAlgorithms, Data: wire.Vector16(wire.Uint16s[uint16](wire.SM2SigSM3))},
		wire.Extension{Type: wire.ExtSupportedVersions, Data: wire.Vector8(wire.Uint16s[uint16](wire.TLS13))},
		wire.Extension{Type: wire.ExtKeyShare, Data: keyShares(shares, share)})
	if len(c.config.ALPN) > 0 {
		h.Extensions = append(h.Extensions, wire.Extension{Type: wire.ExtALPN, Data: wire.Vector16(protocols(c.config.ALPN...))})
	}
	return h, nil
}

// keyShares is the list of shares: this side's own for curveSM2, and as many bytes for others, which no peer should take.
func keyShares(groups []uint16, own []byte) []byte {
	var list []byte
	for _, g := range groups {
		share := own
		if g != wire.CurveSM2 {
			share = bytes.Repeat([]byte{4}, 32)
		}
		list = append(append(list, wire.Uint16s(g)...), wire.Vector16(share)...)
	}
	return wire.Vector16(list)
}

func protocols(names ...string) []byte {
	var list []byte
	for _, name := range names {
		list = append(list, wire.Vector8([]byte(name))...)
	}
	return list
}

// exchangeHellos sends ClientHello, once more after a HelloRetryRequest, and returns the ServerHello.
func (c *Conn) exchangeHellos(hello *wire.Hello, key *ecdh.PrivateKey) (*wire.Hello, error) {
	c.wire.Version = wire.TLS10 // of the first record: RFC 8446 §5.1
	if err := c.wire.WriteMessage(wire.Message{Type: wire.ClientHello, Body: hello.MarshalClient()}); err != nil {
		return nil, err
	}
	c.wire.Version = wire.TLS12
	first := len(c.wire.Transcript())
	for {
		m, err := c.wire.Expect(wire.ServerHello)
		if err != nil {
			return nil, err
		}
		c.config.Lap.End(wire.WaitHello)
		answer, err := c.wire.ParseServerHello(m.Body)
		if err != nil {
			return nil, err
		}
		if err := c.checkServerHello(hello, answer); err != nil || answer.Random != wire.RetryRandom {
			return answer, err
		}
		if err := c.wire.Must("one HelloRetryRequest", !c.Retried, wire.UnexpectedMessage, "a second HelloRetryRequest"); err != nil {
			return nil, err
		}
		if err := c.retried(hello, answer, key); err != nil {
			return nil, err
		}
		if !c.Retried {
			c.wire.Retried(first)
		}
		c.Retried = true
		if err := c.wire.WriteMessage(wire.Message{Type: wire.ClientHello, Body: hello.MarshalClient()}); err != nil {
			return nil, err
		}
	}
}

// checkServerHello checks what a ServerHello and a HelloRetryRequest must both keep to: RFC 8446 §4.1.3, §4.1.4.
func (c *Conn) checkServerHello(hello, answer *wire.Hello) error {
	version, _ := answer.Extension(wire.ExtSupportedVersions)
	retried, suite := c.Suite, answer.Suites[0]
	c.Suite = suite
	if err := cmp.Or(
		c.wire.Must("server's version", bytes.Equal(version, wire.Uint16s[uint16](wire.TLS13)), wire.ProtocolVersion, "ServerHello selects the version %#04x, %x", answer.Version, version),
		c.wire.Must("server's legacy version", answer.Version == wire.TLS12, wire.IllegalParameter, "ServerHello has the legacy version %#04x", answer.Version),
		c.wire.Must("session id echoed", bytes.Equal(answer.SessionID, hello.SessionID), wire.IllegalParameter, "ServerHello does not echo the session id"),
		c.wire.Must("selected suite", slices.Contains(hello.Suites, suite), wire.IllegalParameter, "ServerHello selects %v, which was not offered", suite),
		c.wire.Must("suite of HelloRetryRequest", !c.Retried || suite == retried, wire.IllegalParameter, "ServerHello selects another cipher suite than HelloRetryRequest"),
	); err != nil {
		return err
	}
	for _, e := range answer.Extensions {
		known := e.Type == wire.ExtSupportedVersions || e.Type == wire.ExtKeyShare || e.Type == wire.ExtCookie && answer.Random == wire.RetryRandom
		alert := wire.UnsupportedExtension
		if e.Type == wire.ExtCookie || e.Type == wire.ExtServerName || e.Type == wire.ExtSupportedGroups || e.Type == wire.ExtALPN {
			alert = wire.IllegalParameter // it belongs to another message: RFC 8446 §4.2
		}
		if err := c.wire.Must("ServerHello's extensions", known, alert, "ServerHello has extension %d", e.Type); err != nil {
			return err
		}
	}
	return nil
}

// retried changes the hello as a HelloRetryRequest asks.
func (c *Conn) retried(hello, request *wire.Hello, key *ecdh.PrivateKey) error {
	changed := false
	if group, ok := request.Extension(wire.ExtKeyShare); ok {
		share, _ := hello.Extension(wire.ExtKeyShare)
		want := keyShares([]uint16{wire.CurveSM2}, key.PublicKey().Bytes())
		if err := cmp.Or(
			c.wire.Must("group of HelloRetryRequest", bytes.Equal(group, wire.Uint16s[uint16](wire.CurveSM2)), wire.IllegalParameter, "HelloRetryRequest asks for the group %x", group),
			c.wire.Must("HelloRetryRequest asks for another share", !bytes.Equal(share, want), wire.IllegalParameter, "HelloRetryRequest asks for the share that it has"),
		); err != nil {
			return err
		}
		for i := range hello.Extensions {
			if hello.Extensions[i].Type == wire.ExtKeyShare {
				hello.Extensions[i].Data = want
			}
		}
		changed = true
	}
	if cookie, ok := request.Extension(wire.ExtCookie); ok {
		hello.Extensions = append(hello.Extensions, wire.Extension{Type: wire.ExtCookie, Data: cookie})
		changed = true
	}
	return c.wire.Must("HelloRetryRequest asks for a change", changed, wire.IllegalParameter, "HelloRetryRequest asks for no change")
}
