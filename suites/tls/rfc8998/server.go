package rfc8998

import (
	"bytes"
	"cmp"
	"io"
	"net"
	"slices"

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
	hello, share, err := c.readClientHello()
	if err != nil {
		return err
	}
	if err := c.writeServerHello(hello, share); err != nil {
		return err
	}
	if err := c.writeServerFlight(); err != nil {
		return err
	}
	// The server sends under application keys from here on; the client still answers under the handshake keys.
	c.schedule.Application(c.wire.Digest())
	if c.wire.Out, err = NewProtection(c.Suite, c.schedule.ServerApplication); err != nil {
		return err
	}
	if c.config.Roots != nil {
		if err := c.readPeer(); err != nil {
			return err
		}
	}
	if err := c.readFinished(c.schedule.ClientHandshake); err != nil {
		return err
	}
	c.wire.In, err = NewProtection(c.Suite, c.schedule.ClientApplication)
	return err
}

// readClientHello reads ClientHello, and a second one where the first has no share for curveSM2.
func (c *Conn) readClientHello() (hello *wire.Hello, share []byte, err error) {
	for {
		m, err := c.wire.Expect(wire.ClientHello)
		if err != nil {
			return nil, nil, err
		}
		c.wire.SkipChangeCipherSpec = true
		if hello, err = c.wire.ParseClientHello(m.Body); err != nil {
			return nil, nil, err
		}
		_, c.wire.SkipEarlyData = hello.Extension(wire.ExtEarlyData)
		if err := c.choose(hello); err != nil {
			return nil, nil, err
		}
		share, err := c.ownShare(hello)
		if err != nil {
			return nil, nil, err
		}
		ask := share == nil || c.config.Cookie != nil && !c.Retried
		if !ask {
			return hello, share, nil
		}
		if err := c.wire.Must("share after HelloRetryRequest", !c.Retried, wire.IllegalParameter, "the second ClientHello has no share for curveSM2"); err != nil {
			return nil, nil, err
		}
		if !c.Retried {
			c.wire.Retried(len(m.Body) + 4)
		}
		c.Retried = true
		if err := c.wire.WriteMessage(wire.Message{Type: wire.ServerHello, Body: c.retry(hello, share == nil).MarshalServer()}); err != nil {
			return nil, nil, err
		}
	}
}

// retry is a HelloRetryRequest, for a share or only for the cookie.
func (c *Conn) retry(hello *wire.Hello, share bool) *wire.Hello {
	h := c.answer(hello, wire.Uint16s[uint16](wire.CurveSM2))
	h.Random = wire.RetryRandom
	if !share {
		h.Extensions = h.Extensions[:1]
	}
	if c.config.Cookie != nil {
		h.Extensions = append(h.Extensions, wire.Extension{Type: wire.ExtCookie, Data: wire.Vector16(c.config.Cookie)})
	}
	return h
}

// choose checks the offer and selects from it: RFC 8446 §4.1.1, §9.2, RFC 8998 §3.3.
func (c *Conn) choose(hello *wire.Hello) error {
	versions, _ := hello.Extension(wire.ExtSupportedVersions)
	list, even := wire.ParseUint16s[uint16](wire.Read(versions).Vector8())
	own, before := c.config.suites(), c.Suite
	i := slices.IndexFunc(own, func(s wire.CipherSuite) bool { return slices.Contains(hello.Suites, s) })
	c.Suite = own[max(0, i)]
	if err := cmp.Or(
		c.wire.Must("client's versions", even && slices.Contains(list, wire.TLS13), wire.ProtocolVersion, "the client does not offer TLS 1.3"),
		c.wire.Must("only null compression", bytes.Equal(hello.Compression, []byte{0}), wire.IllegalParameter, "the client offers compression"),
		c.wire.Must("suite in common", i >= 0, wire.HandshakeFailure, "no cipher suite in common"),
		c.wire.Must("suite after HelloRetryRequest", !c.Retried || c.Suite == before, wire.IllegalParameter, "the second ClientHello offers other cipher suites"),
	); err != nil {
		return err
	}
	for _, need := range []struct {
		extension uint16
		value     uint16
		what      string
	}{{wire.ExtSupportedGroups, wire.CurveSM2, "group"}, {wire.ExtSignatureAlgorithms, wire.SM2SigSM3, "signature scheme"}} {
		data, ok := hello.Extension(need.extension)
		f := wire.Read(data)
		list, even := wire.ParseUint16s[uint16](f.Vector16())
		if err := c.wire.Must(need.what+" extension", ok, wire.MissingExtension, "ClientHello lacks extension %d", need.extension); err != nil {
			return err
		}
		if err := cmp.Or(c.wire.End(f, wire.ClientHello),
			c.wire.Must("even list of "+need.what+"s", even, wire.DecodeError, "the list of %ss is odd", need.what),
			c.wire.Must(need.what+" in common", slices.Contains(list, need.value), wire.HandshakeFailure, "no %s in common", need.what)); err != nil {
			return err
		}
	}
	cookie, _ := hello.Extension(wire.ExtCookie)
	return cmp.Or(c.choosePSK(hello), c.chooseProtocol(hello),
		c.wire.Must("cookie echoed", !c.Retried || c.config.Cookie == nil || bytes.Equal(cookie, wire.Vector16(c.config.Cookie)), wire.IllegalParameter,
			"the second ClientHello does not have the cookie"))
}

// choosePSK takes no pre-shared key, but refuses one that stands wrong: RFC 8446 §4.2.9, §4.2.11.
func (c *Conn) choosePSK(hello *wire.Hello) error {
	if _, offered := hello.Extension(wire.ExtPreSharedKey); !offered {
		return nil
	}
	_, modes := hello.Extension(wire.ExtPSKModes)
	last := hello.Extensions[len(hello.Extensions)-1].Type == wire.ExtPreSharedKey
	return cmp.Or(
		c.wire.Must("pre-shared key last", last, wire.IllegalParameter, "pre_shared_key is not the last extension"),
		c.wire.Must("modes of the pre-shared key", modes, wire.MissingExtension, "pre_shared_key without psk_key_exchange_modes"))
}

func (c *Conn) chooseProtocol(hello *wire.Hello) error {
	data, ok := hello.Extension(wire.ExtALPN)
	if !ok || len(c.config.ALPN) == 0 {
		return nil
	}
	outer := wire.Read(data)
	f := wire.Read(outer.Vector16())
	var offered []string
	for f.More() {
		offered = append(offered, string(f.Vector8()))
	}
	if err := cmp.Or(c.wire.End(outer, wire.ClientHello), c.wire.End(f, wire.ClientHello),
		c.wire.Must("protocol has a name", !slices.Contains(offered, ""), wire.DecodeError, "an application protocol without a name")); err != nil {
		return err
	}
	for _, p := range c.config.ALPN {
		if slices.Contains(offered, p) {
			c.Protocol = p
			return nil
		}
	}
	return c.wire.Must("protocol in common", false, wire.NoApplicationProto, "no application protocol in common")
}

// ownShare returns the client's share for curveSM2; nil where it sent none.
func (c *Conn) ownShare(hello *wire.Hello) ([]byte, error) {
	data, ok := hello.Extension(wire.ExtKeyShare)
	if !ok {
		return nil, c.wire.Must("share extension", false, wire.MissingExtension, "ClientHello lacks extension %d", wire.ExtKeyShare)
	}
	outer := wire.Read(data)
	list := wire.Read(outer.Vector16())
	var share []byte
	seen := map[uint16]bool{}
	for list.More() {
		group := list.Uint16()
		if err := c.wire.Must("one share for a group", !seen[group], wire.IllegalParameter, "two shares for the group %d", group); err != nil {
			return nil, err
		}
		seen[group] = true
		if bytes := list.Vector16(); group == wire.CurveSM2 {
			share = append([]byte{}, bytes...)
		}
	}
	return share, cmp.Or(c.wire.End(outer, wire.ClientHello), c.wire.End(list, wire.ClientHello))
}

// answer is a ServerHello or HelloRetryRequest with a key_share extension.
func (c *Conn) answer(hello *wire.Hello, share []byte) *wire.Hello {
	return &wire.Hello{Version: wire.TLS12, SessionID: hello.SessionID, Suites: []wire.CipherSuite{c.Suite}, Compression: []byte{0},
		Extensions: []wire.Extension{
			{Type: wire.ExtSupportedVersions, Data: wire.Uint16s[uint16](wire.TLS13)},
			{Type: wire.ExtKeyShare, Data: share},
		}}
}

// writeServerHello sends ServerHello and derives the handshake keys.
func (c *Conn) writeServerHello(hello *wire.Hello, share []byte) error {
	key, err := newKey(c.config.Random)
	if err != nil {
		return err
	}
	answer := c.answer(hello, append(wire.Uint16s[uint16](wire.CurveSM2), wire.Vector16(key.PublicKey().Bytes())...))
	if _, err := io.ReadFull(c.config.Random, answer.Random[:]); err != nil {
		return err
	}
	if err := c.wire.WriteMessage(wire.Message{Type: wire.ServerHello, Body: answer.MarshalServer()}); err != nil {
		return err
	}
	if err := c.wire.WriteRecord(wire.ChangeCipherSpec, []byte{1}); err != nil {
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

// writeServerFlight sends EncryptedExtensions to Finished.
func (c *Conn) writeServerFlight() error {
	var extensions []wire.Extension
	if c.Protocol != "" {
		extensions = append(extensions, wire.Extension{Type: wire.ExtALPN, Data: wire.Vector16(protocols(c.Protocol))})
	}
	body := wire.Vector16(wire.MarshalExtensions(extensions))
	if err := c.wire.WriteMessage(wire.Message{Type: wire.EncryptedExtensions, Body: body}); err != nil {
		return err
	}
	if c.config.Roots != nil {
		schemes := wire.Extension{Type: wire.ExtSignatureAlgorithms, Data: wire.Vector16(wire.Uint16s[uint16](wire.SM2SigSM3))}
		body := append([]byte{0}, wire.Vector16(wire.MarshalExtensions([]wire.Extension{schemes}))...)
		if err := c.wire.WriteMessage(wire.Message{Type: wire.CertificateRequest, Body: body}); err != nil {
			return err
		}
	}
	if err := c.writeCertificate(c.config.Identity); err != nil {
		return err
	}
	return c.writeFinished(c.schedule.ServerHandshake)
}
