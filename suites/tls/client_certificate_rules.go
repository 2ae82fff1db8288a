package tls

import (
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/tls/pki"
	"github.com/xcmatrix/xcmatrix/suites/tls/tlcp"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// clientShows has the server ask for a certificate, and the own client show this one.
func clientShows(make func(*scene) (*pki.Identity, error)) func(*scene) {
	return func(s *scene) {
		s.mutual()
		sign, err := make(s)
		if err != nil {
			panic(err) // keys and templates of the scene
		}
		s.own.Identity = nil
		if sign != nil {
			s.own.Identity = &tlcp.Identity{Sign: sign}
		}
	}
}

// clientIssued has the own client show a certificate of an authority; change, if not nil, changes it.
func clientIssued(from func(*scene) *pki.Authority, change func(*scene, *pki.Leaf)) func(*scene) {
	return clientShows(func(s *scene) (*pki.Identity, error) {
		leaf := pki.Leaf{Host: clientHost, Client: true}
		if change != nil {
			change(s, &leaf)
		}
		return from(s).Issue(leaf)
	})
}

// clientKeyless has the own client show a certificate for a public key that is not SM2, and sign with its old key.
func clientKeyless(key func() (any, error)) func(*scene) {
	return func(s *scene) {
		clientIssued(root, foreign(key))(s)
		s.own.Identity.Sign.Key = s.client.Sign.Key
	}
}

// clientCertificateRules returns the rules of both protocols on which certificate of a client a server takes.
func clientCertificateRules(clause string) []rule {
	mutual := (*scene).mutual
	return []rule{
		{id: "mutual", text: "completes a handshake with a client that shows its certificate", clause: clause, severity: record.High, accepts: true, stage: mutual},
		{id: "client-intermediate", text: "takes a client's certificate below an intermediate", clause: clause, severity: record.High, accepts: true,
			stage: clientIssued(below, nil)},
		{id: "no-client-certificate", text: "refuses a client without a certificate where it asks for one", clause: clause, severity: record.Critical,
			stage: clientShows(func(*scene) (*pki.Identity, error) { return nil, nil })},
		{id: "silent-client", text: "refuses a client that sends no Certificate where it asks for one", clause: clause, severity: record.Critical,
			stage: all(mutual, without(wire.Certificate), without(wire.CertificateVerify))},
		{id: "client-unknown-root", text: "refuses a client's certificate of an unknown root", clause: clause, severity: record.Critical, stage: clientIssued(stranger, nil)},
		{id: "client-expired", text: "refuses a client's certificate that has expired", clause: clause, severity: record.High, stage: clientIssued(root, expired)},
		{id: "client-not-yet", text: "refuses a client's certificate that is not yet valid", clause: clause, severity: record.High, stage: clientIssued(root, notYet)},
		{id: "client-server-usage", text: "refuses a client's certificate that is for servers alone", clause: clause, severity: record.Medium,
			stage: clientIssued(root, func(_ *scene, l *pki.Leaf) { l.Client = false })},
		{id: "client-encryption", text: "refuses a client's certificate whose key is for encryption", clause: clause, severity: record.Medium,
			stage: clientIssued(root, func(_ *scene, l *pki.Leaf) { l.Usage = encryption })},
		{id: "client-rsa", text: "refuses a client's certificate with an RSA key", clause: clause, severity: record.High, stage: clientKeyless(rsaKey)},
		{id: "client-p256", text: "refuses a client's certificate with a P-256 key", clause: clause, severity: record.High, stage: clientKeyless(p256Key)},
		{id: "client-broken", text: "refuses a client's certificate that is no ASN.1", clause: clause, severity: record.High,
			stage: all(mutual, chain(func([][]byte) [][]byte { return [][]byte{{0x30, 0x30, 0x30}} }))},
		{id: "client-empty", text: "refuses an empty certificate of a client", clause: clause, severity: record.High,
			stage: all(mutual, chain(func([][]byte) [][]byte { return [][]byte{nil} }))},
		{id: "cut-client-certificate", text: "refuses a client's Certificate that ends anywhere within its first 200 bytes", clause: clause, severity: record.High,
			each: mutually(cut(wire.Certificate))},
		{id: "long-client-certificate", text: "refuses a client's Certificate with a byte too many", clause: clause, severity: record.Low,
			stage: all(mutual, longer(wire.Certificate))},
		{id: "two-client-certificates", text: "refuses a second Certificate of a client", clause: clause, severity: record.Medium, stage: all(mutual, twice(wire.Certificate))},
	}
}

// mutually has the server ask for a certificate in each of several conversations.
func mutually(each func(certified) []func(*scene)) func(certified) []func(*scene) {
	return func(c certified) (stages []func(*scene)) {
		for _, stage := range each(c) {
			stages = append(stages, all((*scene).mutual, stage))
		}
		return stages
	}
}

// verifyRules returns the rules of TLCP on a client's CertificateVerify.
func verifyRules() []rule {
	const clause = "6.4.5.9"
	mutual := (*scene).mutual
	return []rule{
		{id: "no-verify", text: "refuses a client that does not prove its key", clause: clause, severity: record.Critical, stage: all(mutual, without(wire.CertificateVerify))},
		{id: "verify-id", text: "refuses a CertificateVerify under another SM2 ID", clause: clause, severity: record.High,
			stage: all(mutual, func(s *scene) { s.own.SignatureID = "TLSv1.3+GM+Cipher+Suite" })},
		{id: "verify-other-key", text: "refuses a CertificateVerify by another key", clause: clause, severity: record.Critical, stage: otherKey},
		{id: "cut-verify", text: "refuses a CertificateVerify that ends anywhere within", clause: clause, severity: record.High,
			each: mutually(func(c certified) []func(*scene) { return cut(wire.CertificateVerify)(c)[:80] })},
		{id: "long-verify", text: "refuses a CertificateVerify with a byte too many", clause: clause, severity: record.Low, stage: all(mutual, longer(wire.CertificateVerify))},
		{id: "two-verifies", text: "refuses a second CertificateVerify", clause: "6.4.3", severity: record.Medium, stage: all(mutual, twice(wire.CertificateVerify))},
		{id: "unasked-certificate", text: "refuses a Certificate that it did not ask for", clause: "6.4.3", severity: record.Medium,
			stage: before(wire.ClientKeyExchange, wire.Message{Type: wire.Certificate, Body: wire.Vector24(nil)})},
		{id: "unasked-verify", text: "refuses a CertificateVerify that it did not ask for", clause: "6.4.3", severity: record.Medium,
			stage: before(wire.Finished, wire.Message{Type: wire.CertificateVerify, Body: wire.Vector16(make([]byte, 70))})},
	}
}

// otherKey has the own client sign with another key than its certificate's.
func otherKey(s *scene) {
	s.mutual()
	sign := *s.client.Sign
	sign.Key = s.client.Encrypt.Key
	s.own.Identity = &tlcp.Identity{Sign: &sign}
}
