package tls

import (
	"bytes"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// verifyRules13 are about the other side's CertificateVerify and Finished, for a server or a client.
func verifyRules13(server bool) []rule {
	const clause = "4.4.3"
	asked := sane
	if server {
		asked = (*scene).mutual
	}
	verify := func(change func([]byte) []byte) func(*scene) { return all(asked, edit(wire.CertificateVerify, change)) }
	signed := func(change func([]byte) []byte) func(*scene) {
		return all(asked, func(s *scene) { s.own13.Signed = change })
	}
	scheme := func(number uint16) func(*scene) {
		return verify(func(b []byte) []byte { return append(wire.Uint16s(number), b[2:]...) })
	}
	return []rule{
		{id: "no-verify", text: "refuses a peer that does not prove its key", clause: clause, severity: record.Critical, alert: wire.UnexpectedMessage,
			stage: all(asked, without(wire.CertificateVerify))},
		{id: "verify-id", text: "refuses a CertificateVerify under the default SM2 ID", clause: "RFC 8998 3.2.1", severity: record.High, alert: wire.DecryptError,
			stage: all(asked, func(s *scene) { s.own.SignatureID = "1234567812345678" })},
		{id: "verify-other-key", text: "refuses a CertificateVerify by another key", clause: clause, severity: record.Critical, alert: wire.DecryptError,
			stage: all(asked, func(s *scene) {
				sign := *s.own.Identity.Sign
				sign.Key = s.own.Identity.Encrypt.Key
				s.own.Identity.Sign = &sign
			})},
		{id: "verify-scheme", text: "refuses a CertificateVerify with the scheme ecdsa_secp256r1_sha256", clause: clause, severity: record.Medium, alert: wire.IllegalParameter, stage: scheme(0x0403)},
		{id: "verify-rsa-scheme", text: "refuses a CertificateVerify with the scheme rsa_pkcs1_sha256", clause: clause, severity: record.Medium, alert: wire.IllegalParameter, stage: scheme(0x0401)},
		{id: "verify-changed", text: "refuses a CertificateVerify whose signature is changed", clause: clause, severity: record.Critical, alert: wire.DecryptError,
			stage: verify(func(b []byte) []byte { b[len(b)-1] ^= 1; return b })},
		{id: "verify-other-side", text: "refuses a CertificateVerify with the other side's context string", clause: clause, severity: record.Critical, alert: wire.DecryptError,
			stage: signed(func(b []byte) []byte {
				if server {
					return bytes.Replace(b, []byte("client"), []byte("server"), 1)
				}
				return bytes.Replace(b, []byte("server"), []byte("client"), 1)
			})},
		{id: "verify-bare", text: "refuses a CertificateVerify over the digest alone", clause: clause, severity: record.Critical, alert: wire.DecryptError,
			stage: signed(func(b []byte) []byte { return b[len(b)-32:] })},
		{id: "verify-other-handshake", text: "refuses a CertificateVerify over another handshake", clause: clause, severity: record.Critical, alert: wire.DecryptError,
			stage: signed(func(b []byte) []byte { b[len(b)-1] ^= 1; return b })},
		{id: "verify-zero", text: "refuses a CertificateVerify whose r and s are zero", clause: "GB/T 32918.2-2016 §7.1 B1", severity: record.Critical, alert: wire.DecryptError,
			stage: verify(func(b []byte) []byte { return append(b[:2:2], wire.Vector16([]byte{0x30, 6, 2, 1, 0, 2, 1, 0})...) })},
		{id: "verify-empty", text: "refuses a CertificateVerify with an empty signature", clause: clause, severity: record.Critical,
			stage: verify(func(b []byte) []byte { return append(b[:2:2], 0, 0) })},
		{id: "cut-verify", text: "refuses a CertificateVerify that ends anywhere within", clause: clause, severity: record.High, alert: wire.DecodeError,
			each: func(c certified) (stages []func(*scene)) {
				for _, stage := range cut(wire.CertificateVerify)(c)[:80] {
					stages = append(stages, all(asked, stage))
				}
				return stages
			}},
		{id: "long-verify", text: "refuses a CertificateVerify with a byte too many", clause: clause, severity: record.Low, alert: wire.DecodeError,
			stage: all(asked, longer(wire.CertificateVerify))},
		{id: "two-verifies", text: "refuses a second CertificateVerify", clause: "4.4", severity: record.Medium, alert: wire.UnexpectedMessage, stage: all(asked, twice(wire.CertificateVerify))},
		{id: "wrong-finished", text: "refuses a wrong Finished", clause: "4.4.4", severity: record.Critical, alert: wire.DecryptError,
			stage: edit(wire.Finished, func(b []byte) []byte { b[0] ^= 1; return b })},
		{id: "cut-finished", text: "refuses a Finished that ends anywhere within", clause: "4.4.4", severity: record.Critical,
			each: func(c certified) []func(*scene) { return cut(wire.Finished)(c)[:32] }},
		{id: "long-finished", text: "refuses a Finished with a byte too many", clause: "4.4.4", severity: record.Medium, stage: longer(wire.Finished)},
		{id: "certificate-extension", text: "refuses a certificate with an extension that it did not ask for", clause: "4.4.2", severity: record.Low, alert: wire.UnsupportedExtension,
			stage: all(asked, edit(wire.Certificate, func(b []byte) []byte {
				f := wire.Read(b[4:]) // behind the context and the list's length
				der := f.Vector24()
				rest := b[4+3+len(der)+2:]
				status := wire.MarshalExtensions([]wire.Extension{{Type: 5, Data: []byte{1}}})
				return append([]byte{0}, wire.Vector24(slices.Concat(wire.Vector24(der), wire.Vector16(status), rest))...)
			}))},
	}
}

// shareRules13 are about the other side's share for curveSM2: RFC 8998 §3.1, which has the rules of GB/T 32918.3 for a point.
func shareRules13(server bool) []rule {
	const clause = "4.2.8.2"
	missing := wire.AlertDescription(0) // RFC 8446 names none for ServerHello
	if server {
		missing = wire.MissingExtension
	}
	decodable := func(id, text string, change func([]byte) []byte) rule {
		return rule{id: id, text: text, clause: clause, severity: record.Medium, alert: wire.IllegalParameter, stage: share(change)}
	}
	one := func(id, text string, change func([]byte) []byte) rule {
		return rule{id: id, text: text, clause: clause, severity: record.Critical, alert: wire.IllegalParameter, stage: all(zeroShared, share(change))}
	}
	return []rule{
		one("share-off-curve", "refuses a share that is not on the curve", func(p []byte) []byte { p[64] ^= 1; return p }),
		one("share-zero", "refuses the share (0, 0)", func([]byte) []byte { return append([]byte{4}, make([]byte, 64)...) }),
		one("share-infinity", "refuses a share of one byte, for the point at infinity", func([]byte) []byte { return []byte{0} }),
		decodable("share-compressed", "refuses a compressed share", func(p []byte) []byte { return append([]byte{2 + p[64]&1}, p[1:33]...) }),
		decodable("share-hybrid", "refuses a share in the hybrid form", func(p []byte) []byte { p[0] = 6 + p[64]&1; return p }),
		one("share-short", "refuses a share of 64 bytes", func(p []byte) []byte { return p[:64] }),
		one("share-long", "refuses a share of 66 bytes", func(p []byte) []byte { return append(p, 0) }),
		one("share-over-p", "refuses a share with coordinates of the field's order or more", func([]byte) []byte { return append([]byte{4}, bytes.Repeat([]byte{0xFF}, 64)...) }),
		{id: "share-length", text: "refuses a share that is longer than its list", clause: "4.2.8", severity: record.Medium, alert: wire.DecodeError, stage: all(zeroShared, shareLength)},
		{id: "share-missing", text: "refuses a hello without key_share", clause: "9.2", severity: record.High, alert: missing, stage: func(s *scene) {
			zeroShared(s)
			if s.asServer {
				offersNone(wire.ExtKeyShare)(s)
			} else {
				serverHello(func(h *wire.Hello) { drop(h, wire.ExtKeyShare) })(s)
			}
		}},
		{id: "share-twice", text: "ends over two shares for a group", clause: "4.2.8", severity: record.Medium, either: server, stage: func(s *scene) {
			if s.asServer {
				s.own13.KeyShares = []uint16{wire.CurveSM2, wire.CurveSM2}
				return
			}
			serverHello(func(h *wire.Hello) {
				data, _ := h.Extension(wire.ExtKeyShare)
				set(h, wire.ExtKeyShare, slices.Concat(data, data))
			})(s)
		}},
	}
}

// zeroShared has the own side go on with zeros for the result of ECDH: what a careless peer may have of a share that is no point.
func zeroShared(s *scene) {
	s.own13.Shared = func(secret []byte) []byte { return make([]byte, len(secret)) }
}

// shareLength has the own side's share say that it has a byte more.
func shareLength(s *scene) {
	longer := func(h *wire.Hello) {
		data, _ := h.Extension(wire.ExtKeyShare)
		data = bytes.Clone(data)
		data[len(data)-66]++
		set(h, wire.ExtKeyShare, data)
	}
	if s.asServer {
		helloBody(longer)(s)
	} else {
		serverHello(longer)(s)
	}
}
