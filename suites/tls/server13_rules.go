package tls

import (
	"bytes"
	"cmp"
	"errors"
	"net"
	"slices"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// serverRules13 are the requirements on a server of TLS 1.3 with SM cipher suites.
func serverRules13() []rule {
	return slices.Concat(offerRules13(), helloRules13(), shareRules13(true), retryRules13(), clientCertificateRules("4.4.2"), verifyRules13(true), clientOrderRules13(),
		recordRules13(true), afterRules13(true), entropyRules())
}

// greased are numbers that no standard gives a meaning: RFC 8701.
const greased = 0x1A1A

// offerRules13 are about offers that a server must take.
func offerRules13() []rule {
	const clause = "4.1.2"
	pair := func(known uint16) []byte { return wire.Uint16s[uint16](greased, known) }
	return []rule{
		{id: "handshake", text: "completes a handshake with TLS_SM4_GCM_SM3", clause: "RFC 8998 2.1", severity: record.Critical, accepts: true, stage: hello(wire.TLS_SM4_GCM_SM3)},
		{id: "ccm", text: "completes a handshake with TLS_SM4_CCM_SM3", clause: "RFC 8998 2.2", severity: record.High, accepts: true, stage: hello(wire.TLS_SM4_CCM_SM3)},
		{id: "unknown-suites", text: "leaves out cipher suites that it does not know", clause: clause, severity: record.Medium, accepts: true,
			stage: helloBody(func(h *wire.Hello) { h.Suites = append([]wire.CipherSuite{greased}, h.Suites...) })},
		{id: "unknown-extension", text: "leaves out an extension that it does not know", clause: "4.2", severity: record.Medium, accepts: true, stage: offers(greased, []byte{1})},
		{id: "unknown-group", text: "leaves out a group that it does not know", clause: "4.2.7", severity: record.Medium, accepts: true,
			stage: offers(wire.ExtSupportedGroups, wire.Vector16(pair(wire.CurveSM2)))},
		{id: "unknown-scheme", text: "leaves out a signature scheme that it does not know", clause: "4.2.3", severity: record.Medium, accepts: true,
			stage: offers(wire.ExtSignatureAlgorithms, wire.Vector16(pair(wire.SM2SigSM3)))},
		{id: "unknown-version", text: "leaves out a version that it does not know", clause: "4.2.1", severity: record.Medium, accepts: true,
			stage: offers(wire.ExtSupportedVersions, wire.Vector8(pair(wire.TLS13)))},
		{id: "unknown-share", text: "leaves out a share for a group that it does not know", clause: "4.2.8", severity: record.Medium, accepts: true,
			stage: func(s *scene) { s.own13.KeyShares = []uint16{greased, wire.CurveSM2} }},
		{id: "legacy-version", text: "leaves out legacy_version where supported_versions is there", clause: "4.2.1", severity: record.Medium, accepts: true,
			stage: helloBody(func(h *wire.Hello) { h.Version = 0x0302 })},
		{id: "no-session", text: "takes a ClientHello without a session id", clause: clause, severity: record.Medium, accepts: true,
			stage: func(s *scene) { s.own13.SessionBytes = -1 }},
		{id: "unknown-key", text: "makes a full handshake where it does not know the pre-shared key", clause: "4.2.11", severity: record.High, accepts: true,
			stage: all(offers(wire.ExtPSKModes, wire.Vector8([]byte{1})), offers(wire.ExtPreSharedKey, preShared))},
		{id: "early-data", text: "leaves out early data, which it does not take", clause: "4.2.10", severity: record.High, accepts: true,
			stage: all(offers(wire.ExtPSKModes, wire.Vector8([]byte{1})), offers(wire.ExtEarlyData, nil), offers(wire.ExtPreSharedKey, preShared),
				onRecord(wire.Handshake, 1, func(r []byte) []byte {
					return append(r, clearRecord(wire.ApplicationData, wire.TLS12, make([]byte, 100)...)...)
				}))},
		{id: "padded-hello", text: "takes a ClientHello of 16,000 bytes", clause: "RFC 7685", severity: record.Low, accepts: true, stage: offers(21, make([]byte, 15_700))},
		{id: "protocol", text: "selects an application protocol", clause: "RFC 7301 3.2", severity: record.Medium, accepts: true, stage: protocols("h2", "x")},
		{id: "no-protocol", text: "refuses a client with no application protocol in common", clause: "RFC 7301 3.2", severity: record.Medium, alert: wire.NoApplicationProto, stage: protocols("h2")},
		{id: "nameless-protocol", text: "refuses an application protocol without a name", clause: "RFC 7301 3.1", severity: record.Low,
			stage: all(protocols("x"), offers(wire.ExtALPN, wire.Vector16([]byte{0, 1, 'x'})))},
	}
}

// preShared is a pre_shared_key extension with an identity that nobody issued.
var preShared = slices.Concat(wire.Vector16(slices.Concat(wire.Vector16([]byte("no ticket of this server")), make([]byte, 4))),
	wire.Vector16(wire.Vector8(bytes.Repeat([]byte{7}, 32))))

// protocols has the subject know the application protocol x, and the own client offer others.
func protocols(offered ...string) func(*scene) {
	return func(s *scene) { s.setup.ALPN, s.own13.ALPN = []string{"x"}, offered }
}

// helloRules13 are about offers that a server must refuse.
func helloRules13() []rule {
	const clause = "4.1.2"
	return []rule{
		{id: "old-version", text: "refuses a client that offers TLS 1.2 alone", clause: "4.2.1", severity: record.High, alert: wire.ProtocolVersion,
			stage: offers(wire.ExtSupportedVersions, wire.Vector8(wire.Uint16s[uint16](wire.TLS12)))},
		{id: "no-versions", text: "refuses a client without supported_versions", clause: "4.2.1", severity: record.High, alert: wire.ProtocolVersion, stage: offersNone(wire.ExtSupportedVersions)},
		{id: "only-unknown", text: "refuses a client that offers only an unknown cipher suite", clause: "4.1.1", severity: record.High, alert: wire.HandshakeFailure, stage: hello(0x1234)},
		{id: "foreign-suites", text: "refuses a client that offers AES alone", clause: "RFC 8998 2", severity: record.High, alert: wire.HandshakeFailure, stage: hello(0x1301, 0x1302, 0x1303)},
		{id: "no-groups", text: "refuses a client without supported_groups", clause: "9.2", severity: record.Medium, alert: wire.MissingExtension, stage: offersNone(wire.ExtSupportedGroups)},
		{id: "other-groups", text: "refuses a client that has other groups than curveSM2", clause: "4.1.1", severity: record.Medium, alert: wire.HandshakeFailure,
			stage: all(func(s *scene) { s.own13.KeyShares = []uint16{23} }, offers(wire.ExtSupportedGroups, wire.Vector16(wire.Uint16s[uint16](23))))},
		{id: "no-schemes", text: "refuses a client without signature_algorithms", clause: "9.2", severity: record.Medium, alert: wire.MissingExtension, stage: offersNone(wire.ExtSignatureAlgorithms)},
		{id: "other-schemes", text: "refuses a client that has other signature schemes than sm2sig_sm3", clause: "4.4.3", severity: record.Medium, alert: wire.HandshakeFailure,
			stage: offers(wire.ExtSignatureAlgorithms, wire.Vector16(wire.Uint16s[uint16](0x0403)))},
		{id: "odd-groups", text: "refuses a list of groups with an odd length", clause: "4.2.7", severity: record.Low, alert: wire.DecodeError,
			stage: offers(wire.ExtSupportedGroups, wire.Vector16([]byte{0, wire.CurveSM2, 0}))},
		{id: "extension-twice", text: "refuses an extension that is there twice", clause: "4.2", severity: record.Medium, alert: wire.IllegalParameter,
			stage: helloBody(func(h *wire.Hello) { h.Extensions = append(h.Extensions, h.Extensions[len(h.Extensions)-1]) })},
		{id: "compression", text: "refuses a client that offers a compression", clause: clause, severity: record.Medium, alert: wire.IllegalParameter,
			stage: helloBody(func(h *wire.Hello) { h.Compression = []byte{0, 1} })},
		{id: "no-suites", text: "refuses an empty list of cipher suites", clause: clause, severity: record.Medium, stage: hello([]wire.CipherSuite{}...)},
		{id: "long-session", text: "refuses a session id of 33 bytes", clause: clause, severity: record.Low, alert: wire.DecodeError,
			stage: func(s *scene) { s.own13.SessionBytes = 33 }},
		{id: "odd-suites", text: "refuses a list of cipher suites with an odd length", clause: clause, severity: record.Low, alert: wire.DecodeError,
			stage: edit(wire.ClientHello, func(b []byte) []byte { return slices.Concat(b[:67], []byte{0, 5}, b[69:73], []byte{0}, b[73:]) })},
		{id: "key-not-last", text: "refuses a pre_shared_key that is not the last extension", clause: "4.2.11", severity: record.Medium, alert: wire.IllegalParameter,
			stage: all(offers(wire.ExtPSKModes, wire.Vector8([]byte{1})), offers(wire.ExtPreSharedKey, preShared), offers(greased, nil))},
		{id: "key-without-modes", text: "refuses a pre_shared_key without psk_key_exchange_modes", clause: "4.2.9", severity: record.Medium, alert: wire.MissingExtension,
			stage: offers(wire.ExtPreSharedKey, preShared)},
		{id: "cut-hello", text: "refuses a ClientHello that ends anywhere within", clause: clause, severity: record.High, each: cut(wire.ClientHello)},
		{id: "long-hello", text: "refuses a ClientHello with a byte too many", clause: clause, severity: record.Low, alert: wire.DecodeError, stage: longer(wire.ClientHello)},
		{id: "extension-length", text: "refuses an extension that is longer than the list", clause: "4.2", severity: record.Medium, alert: wire.DecodeError,
			stage: helloBody(func(h *wire.Hello) {
				last := &h.Extensions[len(h.Extensions)-1]
				raw := wire.MarshalExtensions([]wire.Extension{*last})
				raw[3]++
				*last = wire.Extension{Type: uint16(raw[0])<<8 | uint16(raw[1]), Data: last.Data[:len(last.Data)-1]}
			})},
		{id: "two-hellos", text: "refuses a second ClientHello that it did not ask for", clause: clause, severity: record.Medium, stage: twice(wire.ClientHello)},
		{id: "huge-hello", text: "refuses a handshake message that says it has 16 MiB", clause: "4", severity: record.High, stage: func(s *scene) {
			s.raw = func(c net.Conn) error {
				_, itsPatience := patience()
				_, err := c.Write(clearRecord(wire.Handshake, wire.TLS10, 1, 0xFF, 0xFF, 0xFF))
				err = errors.Join(err, c.SetDeadline(time.Now().Add(2*itsPatience))) // longer than the subject's
				return cmp.Or(err, firstAlert(&wire.Conn{Conn: c}))
			}
		}},
		{id: "silence", text: "ends when its client goes before ClientHello", clause: clause, severity: record.High, stage: func(s *scene) {
			s.raw = func(net.Conn) error { return nil }
		}},
		{id: "half-hello", text: "ends when its client goes within ClientHello", clause: clause, severity: record.High, stage: func(s *scene) {
			s.raw = func(c net.Conn) error {
				_, err := c.Write(clearRecord(wire.Handshake, wire.TLS10, 1, 0, 0, 40, 1, 1))
				return err
			}
		}},
	}
}

// retryRules13 are about HelloRetryRequest.
func retryRules13() []rule {
	const clause = "4.1.4"
	noShare := func(s *scene) { s.own13.KeyShares = []uint16{} }
	return []rule{
		{id: "retry", text: "asks for a share by HelloRetryRequest", clause: clause, severity: record.High, accepts: true, stage: noShare},
		{id: "retry-other-share", text: "asks for a share where it does not know the one that came", clause: clause, severity: record.High, accepts: true,
			stage: func(s *scene) { s.own13.KeyShares = []uint16{29} }},
		{id: "retry-in-vain", text: "refuses a second ClientHello without the share that it asked for", clause: clause, severity: record.Medium, alert: wire.IllegalParameter,
			stage: all(noShare, secondHello(func(h *wire.Hello) { set(h, wire.ExtKeyShare, wire.Vector16(nil)) }))},
		{id: "retry-other-suites", text: "refuses a second ClientHello with other cipher suites", clause: clause, severity: record.Medium, alert: wire.IllegalParameter,
			stage: all(noShare, hello(wire.TLS_SM4_GCM_SM3, wire.TLS_SM4_CCM_SM3), secondHello(func(h *wire.Hello) { h.Suites = h.Suites[1:] }))},
	}
}

// secondHello changes the own client's second ClientHello.
func secondHello(change func(*wire.Hello)) func(*scene) {
	seen := 0
	return helloBody(func(h *wire.Hello) {
		if seen++; seen%2 == 0 {
			change(h)
		}
	})
}

// clientOrderRules13 are about a client's messages in another order.
func clientOrderRules13() []rule {
	const clause = "4.4"
	return []rule{
		{id: "client-server-hello", text: "refuses a ServerHello of a client", clause: "4", severity: record.Medium, alert: wire.UnexpectedMessage, stage: as(wire.ClientHello, wire.ServerHello)},
		{id: "no-client-finished", text: "refuses a client that sends no Finished", clause: "4.4.4", severity: record.Critical, stage: without(wire.Finished)},
		{id: "unasked-certificate", text: "refuses a Certificate that it did not ask for", clause: clause, severity: record.Medium, alert: wire.UnexpectedMessage,
			stage: before(wire.Finished, wire.Message{Type: wire.Certificate, Body: append([]byte{0}, wire.Vector24(nil)...)})},
		{id: "unasked-verify", text: "refuses a CertificateVerify that it did not ask for", clause: clause, severity: record.Medium, alert: wire.UnexpectedMessage,
			stage: before(wire.Finished, wire.Message{Type: wire.CertificateVerify, Body: append([]byte{7, 8}, wire.Vector16(make([]byte, 70))...)})},
		{id: "end-of-early-data", text: "refuses an EndOfEarlyData where no early data was taken", clause: "4.5", severity: record.Medium, alert: wire.UnexpectedMessage,
			stage: before(wire.Finished, wire.Message{Type: 5})},
		{id: "unknown-message", text: "refuses a handshake message of an unknown type", clause: "4", severity: record.Medium, alert: wire.UnexpectedMessage,
			stage: before(wire.Finished, wire.Message{Type: 99, Body: []byte{1}})},
		{id: "early-key-update", text: "refuses a KeyUpdate before Finished", clause: "4.6.3", severity: record.Medium, alert: wire.UnexpectedMessage,
			stage: before(wire.Finished, wire.Message{Type: wire.KeyUpdate, Body: []byte{0}})},
		{id: "client-key-exchange", text: "refuses a ClientKeyExchange, which TLS 1.3 has not", clause: "4", severity: record.Medium, alert: wire.UnexpectedMessage,
			stage: before(wire.Finished, wire.Message{Type: wire.ClientKeyExchange, Body: make([]byte, 65)})},
		{id: "verify-before-certificate", text: "refuses a CertificateVerify before Certificate", clause: clause, severity: record.Medium, alert: wire.UnexpectedMessage,
			stage: all((*scene).mutual, exchanged(wire.Certificate))},
		{id: "finished-before-verify", text: "refuses a Finished before CertificateVerify", clause: clause, severity: record.Critical, alert: wire.UnexpectedMessage,
			stage: all((*scene).mutual, exchanged(wire.CertificateVerify))},
		{id: "client-context", text: "refuses a client's Certificate with a context that it did not give", clause: "4.4.2", severity: record.Low,
			stage: all((*scene).mutual, edit(wire.Certificate, func(b []byte) []byte { return append([]byte{1, 7}, b[1:]...) }))},
	}
}
