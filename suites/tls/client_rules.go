package tls

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/tls/pki"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// clientRules are the requirements on a client.
func clientRules() []rule {
	return slices.Concat(serverHelloRules(), certificateRules("6.4.5.3"), encryptionRules(), serverExchangeRules(), recordRules(), serverOrderRules(), entropyRules())
}

// serverHello changes the body of ServerHello by its fields.
func serverHello(change func(*wire.Hello)) func(*scene) {
	return edit(wire.ServerHello, func(body []byte) []byte {
		h, err := wire.Checks{}.ParseServerHello(body)
		if err != nil {
			panic(err) // the own peer's own
		}
		change(h)
		return h.MarshalServer()
	})
}

func serverHelloRules() []rule {
	const clause = "6.4.5.2.2"
	return []rule{
		{id: "handshake", text: "completes a handshake with ECC_SM4_CBC_SM3", clause: "6.4.3", severity: record.Critical, accepts: true},
		{id: "no-session", text: "takes a ServerHello without a session id", clause: clause, severity: record.Medium, accepts: true,
			stage: serverHello(func(h *wire.Hello) { h.SessionID = nil })},
		{id: "unoffered-suite", text: "refuses a cipher suite that it did not offer", clause: clause, severity: record.High,
			stage: serverHello(func(h *wire.Hello) { h.Suites = []wire.CipherSuite{0x1234} })},
		{id: "null-suite", text: "refuses the null cipher suite", clause: clause, severity: record.Critical,
			stage: serverHello(func(h *wire.Hello) { h.Suites = []wire.CipherSuite{0} })},
		{id: "server-version", text: "refuses a ServerHello of another version", clause: clause, severity: record.Medium,
			stage: serverHello(func(h *wire.Hello) { h.Version = wire.TLS12 })},
		{id: "server-compression", text: "refuses a compression that it did not offer", clause: clause, severity: record.Medium,
			stage: edit(wire.ServerHello, func(b []byte) []byte { b[len(b)-1] = 1; return b })},
		{id: "cut-server-hello", text: "refuses a ServerHello that ends anywhere within", clause: clause, severity: record.High, each: cut(wire.ServerHello)},
		{id: "long-server-hello", text: "refuses a ServerHello with a byte too many", clause: clause, severity: record.Low, stage: longer(wire.ServerHello)},
		{id: "two-server-hellos", text: "refuses a second ServerHello", clause: "6.4.3", severity: record.Medium, stage: twice(wire.ServerHello)},
		{id: "random-time", text: "begins its Random with the time", clause: "6.4.5.2.1", severity: record.Low, accepts: true, stage: timed},
	}
}

func serverExchangeRules() []rule {
	const clause = "6.4.5.4"
	return []rule{
		{id: "no-exchange", text: "refuses a server that sends no ServerKeyExchange, and so proves no key", clause: clause, severity: record.Critical, stage: without(wire.ServerKeyExchange)},
		{id: "keyless-server", text: "refuses a server that has the encryption key alone", clause: clause, severity: record.Critical, stage: func(s *scene) {
			sign := *s.own.Identity.Sign
			sign.Key = s.own.Identity.Encrypt.Key
			s.own.Identity.Sign = &sign
		}},
		{id: "exchange-id", text: "refuses a ServerKeyExchange under another SM2 ID", clause: clause, severity: record.High,
			stage: func(s *scene) { s.own.SignatureID = "TLSv1.3+GM+Cipher+Suite" }},
		{id: "changed-exchange", text: "refuses a ServerKeyExchange whose signature is changed", clause: clause, severity: record.Critical,
			stage: edit(wire.ServerKeyExchange, func(b []byte) []byte { b[len(b)-1] ^= 1; return b })},
		{id: "other-randoms", text: "refuses a ServerKeyExchange over another conversation's Random", clause: clause, severity: record.Critical,
			stage: func(s *scene) { s.own.OtherRandoms = true }},
		{id: "other-encryption", text: "refuses a ServerKeyExchange over another encryption certificate", clause: clause, severity: record.Critical,
			stage: shows(func(s *scene) error {
				other, err := s.root.Issue(pki.Leaf{Host: serverHost, Usage: encryption})
				chain(func(list [][]byte) [][]byte { return [][]byte{list[0], other.Chain[0]} })(s)
				decryptsWith(s, other)
				return err
			})},
		{id: "zero-signature", text: "refuses a ServerKeyExchange whose r and s are zero", clause: "GB/T 32918.2-2016 §7.1 B1", severity: record.Critical,
			stage: edit(wire.ServerKeyExchange, func([]byte) []byte { return wire.Vector16([]byte{0x30, 6, 2, 1, 0, 2, 1, 0}) })},
		{id: "empty-exchange", text: "refuses an empty ServerKeyExchange", clause: clause, severity: record.Critical, stage: edit(wire.ServerKeyExchange, func([]byte) []byte { return nil })},
		{id: "cut-exchange", text: "refuses a ServerKeyExchange that ends anywhere within", clause: clause, severity: record.High,
			each: func(c certified) []func(*scene) { return cut(wire.ServerKeyExchange)(c)[:80] }},
		{id: "long-exchange", text: "refuses a ServerKeyExchange with a byte too many", clause: clause, severity: record.Low, stage: longer(wire.ServerKeyExchange)},
		{id: "two-exchanges", text: "refuses a second ServerKeyExchange", clause: "6.4.3", severity: record.Medium, stage: twice(wire.ServerKeyExchange)},
	}
}

func serverOrderRules() []rule {
	const clause = "6.4.3"
	request := wire.Message{Type: wire.CertificateRequest, Body: append(wire.Vector8([]byte{64}), wire.Vector16(nil)...)}
	return []rule{
		{id: "mutual", text: "shows its certificate where the server asks for it", clause: clause, severity: record.High, accepts: true, stage: (*scene).mutualOwn},
		{id: "exchange-before-certificate", text: "refuses a ServerKeyExchange before Certificate", clause: clause, severity: record.Medium, stage: exchanged(wire.Certificate)},
		{id: "no-done", text: "ends when its server goes before ServerHelloDone", clause: clause, severity: record.High, stage: without(wire.ServerHelloDone)},
		{id: "long-done", text: "refuses a ServerHelloDone with a byte", clause: "6.4.5.6", severity: record.Low, stage: longer(wire.ServerHelloDone)},
		{id: "two-dones", text: "refuses a second ServerHelloDone", clause: clause, severity: record.Low, stage: twice(wire.ServerHelloDone)},
		{id: "two-requests", text: "refuses a second CertificateRequest", clause: clause, severity: record.Low,
			stage: instead(wire.ServerHelloDone, func(m wire.Message) []wire.Message { return []wire.Message{request, request, m} })},
		{id: "empty-request", text: "refuses an empty CertificateRequest", clause: "6.4.5.5", severity: record.Low,
			stage: before(wire.ServerHelloDone, wire.Message{Type: wire.CertificateRequest})},
		{id: "cut-request", text: "refuses a CertificateRequest that ends anywhere within", clause: "6.4.5.5", severity: record.Medium, each: func(certified) (stages []func(*scene)) {
			for n := range request.Body {
				stages = append(stages, before(wire.ServerHelloDone, wire.Message{Type: request.Type, Body: request.Body[:n]}))
			}
			return stages
		}},
		{id: "long-request", text: "refuses a CertificateRequest with a byte too many", clause: "6.4.5.5", severity: record.Low,
			stage: before(wire.ServerHelloDone, wire.Message{Type: request.Type, Body: append(slices.Clone(request.Body), 0)})},
		{id: "server-client-hello", text: "refuses a ClientHello of a server", clause: clause, severity: record.Medium, stage: as(wire.ServerHello, wire.ClientHello)},
		{id: "no-server-finished", text: "refuses a server that sends no Finished", clause: clause, severity: record.Critical, stage: without(wire.Finished)},
		{id: "unknown-message", text: "refuses a handshake message of an unknown type", clause: clause, severity: record.Medium,
			stage: before(wire.ServerHelloDone, wire.Message{Type: 99, Body: []byte{1}})},
		{id: "server-verify", text: "refuses a CertificateVerify of a server", clause: clause, severity: record.Medium,
			stage: before(wire.ServerHelloDone, wire.Message{Type: wire.CertificateVerify, Body: wire.Vector16(make([]byte, 70))})},
	}
}
