package tls

import (
	"bytes"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// clientRules13 are the requirements on a client of TLS 1.3 with SM cipher suites.
func clientRules13() []rule {
	return slices.Concat(answerRules13(), retriedRules13(), shareRules13(false), encryptedRules13(), certificateRules("4.4.2"), verifyRules13(false), requestRules13(),
		serverOrderRules13(), recordRules13(false), afterRules13(false), entropyRules())
}

// answerRules13 are about ServerHello.
func answerRules13() []rule {
	const clause = "4.1.3"
	return []rule{
		{id: "handshake", text: "completes a handshake with TLS_SM4_GCM_SM3", clause: "RFC 8998 2.1", severity: record.Critical, accepts: true},
		{id: "ccm", text: "completes a handshake with TLS_SM4_CCM_SM3", clause: "RFC 8998 2.2", severity: record.High, accepts: true, stage: hello(wire.TLS_SM4_CCM_SM3)},
		{id: "unoffered-suite", text: "refuses a cipher suite that it did not offer", clause: clause, severity: record.High, alert: wire.IllegalParameter,
			stage: serverHello(func(h *wire.Hello) { h.Suites = []wire.CipherSuite{0x1301} })},
		{id: "null-suite", text: "refuses the null cipher suite", clause: clause, severity: record.Critical, alert: wire.IllegalParameter,
			stage: serverHello(func(h *wire.Hello) { h.Suites = []wire.CipherSuite{0} })},
		{id: "tlcp-suite", text: "refuses a cipher suite of TLCP", clause: clause, severity: record.High, alert: wire.IllegalParameter,
			stage: serverHello(func(h *wire.Hello) { h.Suites = []wire.CipherSuite{wire.ECC_SM4_GCM_SM3} })},
		{id: "no-versions", text: "refuses a ServerHello without supported_versions, which would be TLS 1.2", clause: "4.2.1", severity: record.High, alert: wire.ProtocolVersion,
			stage: serverHello(func(h *wire.Hello) { drop(h, wire.ExtSupportedVersions) })},
		{id: "downgrade", text: "refuses TLS 1.2 from a server whose Random says that it has 1.3", clause: clause, severity: record.Critical,
			stage: serverHello(func(h *wire.Hello) { drop(h, wire.ExtSupportedVersions); copy(h.Random[24:], "DOWNGRD\x01") })},
		{id: "old-version", text: "refuses TLS 1.2 in supported_versions", clause: "4.2.1", severity: record.High,
			stage: answers(wire.ExtSupportedVersions, wire.Uint16s[uint16](wire.TLS12))},
		{id: "unknown-version", text: "refuses a version that it did not offer", clause: "4.2.1", severity: record.High,
			stage: answers(wire.ExtSupportedVersions, wire.Uint16s[uint16](0x0305))},
		{id: "legacy-version", text: "refuses TLS 1.3 in legacy_version", clause: clause, severity: record.Low,
			stage: serverHello(func(h *wire.Hello) { h.Version = wire.TLS13 })},
		{id: "session", text: "refuses a ServerHello with another session id", clause: clause, severity: record.Medium, alert: wire.IllegalParameter,
			stage: serverHello(func(h *wire.Hello) { h.SessionID = bytes.Repeat([]byte{7}, 32) })},
		{id: "server-compression", text: "refuses a compression", clause: clause, severity: record.Medium, alert: wire.IllegalParameter,
			stage: serverHello(func(h *wire.Hello) { h.Compression = []byte{1} })},
		{id: "unknown-extension", text: "refuses a ServerHello with an extension that it did not offer", clause: "4.2", severity: record.Medium, alert: wire.UnsupportedExtension, stage: answers(greased, nil)},
		{id: "misplaced-extension", text: "refuses a ServerHello with supported_groups", clause: "4.2", severity: record.Medium, alert: wire.IllegalParameter,
			stage: answers(wire.ExtSupportedGroups, wire.Vector16(wire.Uint16s[uint16](wire.CurveSM2)))},
		{id: "unasked-cookie", text: "refuses a ServerHello with a cookie", clause: "4.2", severity: record.Low, alert: wire.IllegalParameter, stage: answers(wire.ExtCookie, wire.Vector16([]byte{1}))},
		{id: "unasked-key", text: "refuses a ServerHello with a pre-shared key that it did not offer", clause: "4.2.11", severity: record.High, stage: answers(wire.ExtPreSharedKey, []byte{0, 0})},
		{id: "extension-twice", text: "refuses an extension that is there twice", clause: "4.2", severity: record.Medium, alert: wire.IllegalParameter,
			stage: serverHello(func(h *wire.Hello) { h.Extensions = append(h.Extensions, h.Extensions[0]) })},
		{id: "other-group", text: "refuses a share for a group that it has no share for", clause: "4.2.8", severity: record.High, alert: wire.IllegalParameter,
			stage: all(zeroShared, answers(wire.ExtKeyShare, append(wire.Uint16s[uint16](23), wire.Vector16(append([]byte{4}, make([]byte, 64)...))...)))},
		{id: "cut-server-hello", text: "refuses a ServerHello that ends anywhere within", clause: clause, severity: record.High, each: cut(wire.ServerHello)},
		{id: "long-server-hello", text: "refuses a ServerHello with a byte too many", clause: clause, severity: record.Low, alert: wire.DecodeError, stage: longer(wire.ServerHello)},
		{id: "two-server-hellos", text: "refuses a second ServerHello", clause: clause, severity: record.Medium, stage: twice(wire.ServerHello)},
	}
}

// retriedRules13 are about HelloRetryRequest.
func retriedRules13() []rule {
	const clause = "4.1.4"
	return []rule{
		{id: "cookie", text: "brings the cookie that a HelloRetryRequest gives", clause: "4.2.2", severity: record.High, accepts: true, stage: retried(nil)},
		{id: "retry-nothing", text: "refuses a HelloRetryRequest that asks for no change", clause: clause, severity: record.Medium, alert: wire.IllegalParameter,
			stage: retried(func(h *wire.Hello) { drop(h, wire.ExtCookie) })},
		{id: "retry-same-share", text: "refuses a HelloRetryRequest for the share that it has sent", clause: "4.2.8", severity: record.Medium, alert: wire.IllegalParameter,
			stage: retried(func(h *wire.Hello) { set(h, wire.ExtKeyShare, wire.Uint16s[uint16](wire.CurveSM2)) })},
		{id: "retry-other-group", text: "refuses a HelloRetryRequest for a group that it did not offer", clause: "4.2.8", severity: record.Medium, alert: wire.IllegalParameter,
			stage: retried(func(h *wire.Hello) { set(h, wire.ExtKeyShare, wire.Uint16s[uint16](greased)) })},
		{id: "retry-version", text: "refuses a HelloRetryRequest without supported_versions", clause: clause, severity: record.Medium,
			stage: retried(func(h *wire.Hello) { drop(h, wire.ExtSupportedVersions) })},
		{id: "retry-session", text: "refuses a HelloRetryRequest with another session id", clause: clause, severity: record.Medium, alert: wire.IllegalParameter,
			stage: retried(func(h *wire.Hello) { h.SessionID = bytes.Repeat([]byte{7}, 32) })},
		{id: "retry-suite", text: "refuses a HelloRetryRequest with a cipher suite that it did not offer", clause: clause, severity: record.Medium, alert: wire.IllegalParameter,
			stage: retried(func(h *wire.Hello) { h.Suites = []wire.CipherSuite{0x1301} })},
		{id: "retry-change-of-suite", text: "refuses a ServerHello with another cipher suite than HelloRetryRequest", clause: clause, severity: record.Medium, alert: wire.IllegalParameter,
			stage: retried(func(h *wire.Hello) { h.Suites = []wire.CipherSuite{wire.TLS_SM4_CCM_SM3} })},
		{id: "retry-extension", text: "refuses a HelloRetryRequest with an extension that it did not offer", clause: "4.2", severity: record.Medium, alert: wire.UnsupportedExtension,
			stage: retried(func(h *wire.Hello) { set(h, greased, nil) })},
		{id: "two-retries", text: "refuses a second HelloRetryRequest", clause: clause, severity: record.Medium, alert: wire.UnexpectedMessage, stage: twoRetries},
	}
}

// twoRetries has the own server send HelloRetryRequest twice.
func twoRetries(s *scene) {
	retried(nil)(s)
	instead(wire.ServerHello, func(m wire.Message) []wire.Message {
		if h, err := (wire.Checks{}).ParseServerHello(m.Body); err == nil && h.Random == wire.RetryRandom {
			return []wire.Message{m, m}
		}
		return []wire.Message{m}
	})(s)
}

// encryptedRules13 are about EncryptedExtensions.
func encryptedRules13() []rule {
	const clause = "4.3.1"
	none := wire.Extension{Type: wire.ExtServerName}
	return []rule{
		{id: "groups", text: "takes supported_groups in EncryptedExtensions", clause: "4.2.7", severity: record.Medium, accepts: true,
			stage: encryptedExtensions(wire.Extension{Type: wire.ExtSupportedGroups, Data: wire.Vector16(wire.Uint16s[uint16](wire.CurveSM2))})},
		{id: "name", text: "takes the answer to server_name", clause: "RFC 6066 3", severity: record.Medium, accepts: true, stage: encryptedExtensions(none)},
		{id: "long-name", text: "refuses an answer to server_name that has bytes", clause: "RFC 6066 3", severity: record.Low,
			stage: encryptedExtensions(wire.Extension{Type: wire.ExtServerName, Data: wire.ServerName(serverHost)})},
		{id: "protocol", text: "takes an application protocol that it offers", clause: "RFC 7301 3.1", severity: record.Medium, accepts: true,
			stage: func(s *scene) { s.setup.ALPN, s.own13.ALPN = []string{"h2", "x"}, []string{"x"} }},
		{id: "other-protocol", text: "refuses an application protocol that it did not offer", clause: "RFC 7301 3.1", severity: record.Medium,
			stage: selects("y")},
		{id: "two-protocols", text: "refuses two application protocols", clause: "RFC 7301 3.1", severity: record.Low, stage: selects("x", "h2")},
		{id: "unasked-protocol", text: "refuses an application protocol where it offers none", clause: "4.3.1", severity: record.Medium, alert: wire.UnsupportedExtension,
			stage: encryptedExtensions(wire.Extension{Type: wire.ExtALPN, Data: wire.Vector16(wire.Vector8([]byte("x")))})},
		{id: "encrypted-unknown", text: "refuses an extension that it did not offer", clause: clause, severity: record.Medium, alert: wire.UnsupportedExtension,
			stage: encryptedExtensions(wire.Extension{Type: greased})},
		{id: "encrypted-early-data", text: "refuses early_data, which it did not offer", clause: clause, severity: record.High, alert: wire.UnsupportedExtension,
			stage: encryptedExtensions(wire.Extension{Type: wire.ExtEarlyData})},
		{id: "encrypted-share", text: "refuses key_share in EncryptedExtensions", clause: "4.2", severity: record.Medium, alert: wire.IllegalParameter,
			stage: encryptedExtensions(wire.Extension{Type: wire.ExtKeyShare, Data: wire.Uint16s[uint16](wire.CurveSM2)})},
		{id: "encrypted-twice", text: "refuses an extension of EncryptedExtensions that is there twice", clause: "4.2", severity: record.Low, alert: wire.IllegalParameter, stage: encryptedExtensions(none, none)},
		{id: "cut-encrypted", text: "refuses an EncryptedExtensions that ends anywhere within", clause: clause, severity: record.High, alert: wire.DecodeError,
			each: func(certified) (stages []func(*scene)) {
				for n := range 6 {
					stages = append(stages, all(encryptedExtensions(none), edit(wire.EncryptedExtensions, func(b []byte) []byte { return b[:n] })))
				}
				return stages
			}},
		{id: "long-encrypted", text: "refuses an EncryptedExtensions with a byte too many", clause: clause, severity: record.Low, alert: wire.DecodeError, stage: longer(wire.EncryptedExtensions)},
		{id: "no-encrypted", text: "refuses a server that sends no EncryptedExtensions", clause: clause, severity: record.Medium, alert: wire.UnexpectedMessage, stage: without(wire.EncryptedExtensions)},
		{id: "two-encrypted", text: "refuses a second EncryptedExtensions", clause: clause, severity: record.Medium, alert: wire.UnexpectedMessage, stage: twice(wire.EncryptedExtensions)},
	}
}

// selects has the subject offer the application protocols h2 and x, and the own server select others.
func selects(names ...string) func(*scene) {
	var list []byte
	for _, name := range names {
		list = append(list, wire.Vector8([]byte(name))...)
	}
	return all(func(s *scene) { s.setup.ALPN = []string{"h2", "x"} }, encryptedExtensions(wire.Extension{Type: wire.ExtALPN, Data: wire.Vector16(list)}))
}

// requestRules13 are about CertificateRequest.
func requestRules13() []rule {
	const clause = "4.3.2"
	asks := func(m wire.Message) func(*scene) { return before(wire.Certificate, m) }
	return []rule{
		{id: "mutual", text: "shows its certificate where the server asks for it", clause: clause, severity: record.High, accepts: true, stage: (*scene).mutualOwn},
		{id: "request-context", text: "ends over a CertificateRequest with a context in the handshake", clause: clause, severity: record.Low, either: true, stage: asks(request([]byte{7}, schemes))},
		{id: "request-without-schemes", text: "refuses a CertificateRequest without signature_algorithms", clause: clause, severity: record.Medium, alert: wire.MissingExtension, stage: asks(request(nil))},
		{id: "request-twice", text: "refuses a CertificateRequest with an extension twice", clause: "4.2", severity: record.Low, alert: wire.IllegalParameter, stage: asks(request(nil, schemes, schemes))},
		{id: "request-odd", text: "refuses a list of signature schemes with an odd length", clause: "4.2.3", severity: record.Low,
			stage: asks(request(nil, wire.Extension{Type: wire.ExtSignatureAlgorithms, Data: wire.Vector16([]byte{7, 8, 7})}))},
		{id: "empty-request", text: "refuses an empty CertificateRequest", clause: clause, severity: record.Low, alert: wire.DecodeError, stage: asks(wire.Message{Type: wire.CertificateRequest})},
		{id: "long-request", text: "refuses a CertificateRequest with a byte too many", clause: clause, severity: record.Low, alert: wire.DecodeError,
			stage: asks(wire.Message{Type: wire.CertificateRequest, Body: append(request(nil, schemes).Body, 0)})},
		{id: "two-requests", text: "refuses a second CertificateRequest", clause: clause, severity: record.Low, alert: wire.UnexpectedMessage,
			stage: instead(wire.Certificate, func(m wire.Message) []wire.Message {
				return []wire.Message{request(nil, schemes), request(nil, schemes), m}
			})},
		{id: "request-behind", text: "refuses a CertificateRequest behind Certificate", clause: clause, severity: record.Medium, alert: wire.UnexpectedMessage,
			stage: before(wire.CertificateVerify, request(nil, schemes))},
	}
}

// serverOrderRules13 are about a server's messages in another order.
func serverOrderRules13() []rule {
	const clause = "4.4"
	return []rule{
		{id: "server-client-hello", text: "refuses a ClientHello of a server", clause: "4", severity: record.Medium, alert: wire.UnexpectedMessage, stage: as(wire.ServerHello, wire.ClientHello)},
		{id: "no-server-finished", text: "refuses a server that sends no Finished", clause: "4.4.4", severity: record.Critical, stage: without(wire.Finished)},
		{id: "silent-server", text: "refuses a server that sends no Certificate", clause: clause, severity: record.Critical, alert: wire.UnexpectedMessage,
			stage: all(without(wire.Certificate), without(wire.CertificateVerify))},
		{id: "verify-before-certificate", text: "refuses a CertificateVerify before Certificate", clause: clause, severity: record.Medium, alert: wire.UnexpectedMessage, stage: exchanged(wire.Certificate)},
		{id: "finished-before-verify", text: "refuses a Finished before CertificateVerify", clause: clause, severity: record.Critical, alert: wire.UnexpectedMessage, stage: exchanged(wire.CertificateVerify)},
		{id: "certificate-first", text: "refuses a Certificate before EncryptedExtensions", clause: clause, severity: record.Medium, alert: wire.UnexpectedMessage, stage: exchanged(wire.EncryptedExtensions)},
		{id: "unknown-message", text: "refuses a handshake message of an unknown type", clause: "4", severity: record.Medium, alert: wire.UnexpectedMessage,
			stage: before(wire.Finished, wire.Message{Type: 99, Body: []byte{1}})},
		{id: "server-key-exchange", text: "refuses a ServerKeyExchange, which TLS 1.3 has not", clause: "4", severity: record.Medium, alert: wire.UnexpectedMessage,
			stage: before(wire.CertificateVerify, wire.Message{Type: wire.ServerKeyExchange, Body: make([]byte, 72)})},
		{id: "early-ticket", text: "refuses a NewSessionTicket before Finished", clause: "4.6.1", severity: record.Medium, alert: wire.UnexpectedMessage,
			stage: before(wire.Finished, ticket)},
		{id: "early-key-update", text: "refuses a KeyUpdate before Finished", clause: "4.6.3", severity: record.Medium, alert: wire.UnexpectedMessage,
			stage: before(wire.Finished, wire.Message{Type: wire.KeyUpdate, Body: []byte{0}})},
		{id: "server-context", text: "refuses a server's Certificate with a context", clause: "4.4.2", severity: record.Low,
			stage: edit(wire.Certificate, func(b []byte) []byte { return append([]byte{1, 7}, b[1:]...) })},
		{id: "no-server", text: "ends when its server goes before ServerHello", clause: "4", severity: record.High, stage: without(wire.ServerHello)},
	}
}
