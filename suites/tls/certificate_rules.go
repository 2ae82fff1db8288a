package tls

import (
	"bytes"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/tls/pki"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// certificateRules returns the rules of both protocols on which certificate of a server a client takes.
func certificateRules(clause string) []rule {
	return []rule{
		{id: "intermediate", text: "takes certificates below an intermediate", clause: clause, severity: record.High, accepts: true,
			stage: all(issued(false, below, nil), issued(true, below, nil))},
		{id: "root-in-chain", text: "takes a chain that ends with the root itself", clause: clause, severity: record.Medium, accepts: true,
			stage: func(s *scene) {
				chain(func(list [][]byte) [][]byte { return append(list, s.root.Chain[0]) })(s)
			}},
		{id: "large-certificate", text: "takes a certificate with an extension of 60,000 bytes that it does not know", clause: clause, severity: record.Medium, accepts: true,
			stage: issued(false, root, large)},
		{id: "wrong-host", text: "refuses a signature certificate of another host", clause: clause, severity: record.Critical, stage: issued(false, root, otherHost)},
		{id: "unknown-root", text: "refuses a signature certificate of an unknown root", clause: clause, severity: record.Critical, stage: issued(false, stranger, nil)},
		{id: "expired", text: "refuses a signature certificate that has expired", clause: clause, severity: record.High, stage: issued(false, root, expired)},
		{id: "not-yet", text: "refuses a certificate that is not yet valid", clause: clause, severity: record.High, stage: issued(false, root, notYet)},
		{id: "client-usage", text: "refuses a certificate that is for clients alone", clause: clause, severity: record.Medium,
			stage: issued(false, root, func(_ *scene, l *pki.Leaf) { l.Client = true })},
		{id: "exchanged-certificates", text: "refuses the encryption certificate in the place of the signature's", clause: clause, severity: record.High,
			stage: func(s *scene) { i := s.own.Identity; i.Sign, i.Encrypt = i.Encrypt, i.Sign }},
		{id: "no-certificate", text: "refuses a server that shows no certificate", clause: clause, severity: record.Critical,
			stage: chain(func([][]byte) [][]byte { return nil })},
		{id: "rsa-certificate", text: "refuses a signature certificate with an RSA key", clause: clause, severity: record.High, stage: issuedKeyless(false, foreign(rsaKey))},
		{id: "p256-certificate", text: "refuses a signature certificate with a P-256 key", clause: clause, severity: record.High, stage: issuedKeyless(false, foreign(p256Key))},
		{id: "broken-certificate", text: "refuses a certificate that is no ASN.1", clause: clause, severity: record.High,
			stage: chain(func(list [][]byte) [][]byte { return append([][]byte{bytes.Repeat([]byte{0x30}, 60)}, list[1:]...) })},
		{id: "empty-certificate", text: "refuses an empty certificate", clause: clause, severity: record.High,
			stage: chain(func(list [][]byte) [][]byte { return append([][]byte{nil}, list[1:]...) })},
		{id: "deep-chain", text: "answers a chain of 100 certificates in time", clause: clause, severity: record.High, accepts: true,
			stage: chain(func(list [][]byte) [][]byte {
				return append(list, slices.Repeat(list[:1], 100-len(list))...)
			})},
		{id: "deep-authorities", text: "ends over a certificate below 100 authorities", clause: clause, severity: record.High, either: true, stage: shows(deep)},
		{id: "leaf-as-authority", text: "refuses a certificate that another server's certificate signed", clause: "GB/T 20518-2018 §5.2.3.1.10", severity: record.Critical,
			stage: shows(leafAsAuthority)},
		{id: "cut-certificates", text: "refuses a Certificate that ends anywhere within its first 200 bytes", clause: clause, severity: record.High, each: cut(wire.Certificate)},
		{id: "long-certificates", text: "refuses a Certificate with a byte too many", clause: clause, severity: record.Low, stage: longer(wire.Certificate)},
		{id: "two-certificates-messages", text: "refuses a second Certificate", clause: clause, severity: record.Medium, stage: twice(wire.Certificate)},
	}
}

// encryptionRules returns the rules of TLCP on a server's second certificate.
func encryptionRules() []rule {
	const clause = "6.4.5.3"
	return []rule{
		{id: "wrong-host-encryption", text: "refuses an encryption certificate of another host", clause: clause, severity: record.High, stage: issued(true, root, otherHost)},
		{id: "unknown-root-encryption", text: "refuses an encryption certificate of an unknown root", clause: clause, severity: record.Critical, stage: issued(true, stranger, nil)},
		{id: "expired-encryption", text: "refuses an encryption certificate that has expired", clause: clause, severity: record.High, stage: issued(true, root, expired)},
		{id: "not-yet-encryption", text: "refuses an encryption certificate that is not yet valid", clause: clause, severity: record.High, stage: issued(true, root, notYet)},
		{id: "client-usage-encryption", text: "refuses an encryption certificate that is for clients alone", clause: clause, severity: record.Medium,
			stage: issued(true, root, func(_ *scene, l *pki.Leaf) { l.Client = true })},
		{id: "signature-twice", text: "refuses a signature certificate in the place of the encryption's", clause: clause, severity: record.High,
			stage: func(s *scene) { s.own.Identity.Encrypt = s.own.Identity.Sign }},
		{id: "one-certificate", text: "refuses a server that shows one certificate", clause: clause, severity: record.High,
			stage: all(chain(func(list [][]byte) [][]byte { return list[:1] }), func(s *scene) { decryptsWith(s, s.server.Sign) })},
		{id: "rsa-encryption", text: "refuses an encryption certificate with an RSA key", clause: clause, severity: record.High, stage: issuedKeyless(true, foreign(rsaKey))},
		{id: "p256-encryption", text: "refuses an encryption certificate with a P-256 key", clause: clause, severity: record.High, stage: issuedKeyless(true, foreign(p256Key))},
		{id: "broken-encryption", text: "refuses an encryption certificate that is no ASN.1", clause: clause, severity: record.High,
			stage: chain(func(list [][]byte) [][]byte { return [][]byte{list[0], bytes.Repeat([]byte{0x30}, 60)} })},
		{id: "intermediate-first", text: "refuses an intermediate in the place of the encryption certificate", clause: clause, severity: record.Medium,
			stage: all(issued(false, below, nil), issued(true, below, nil), chain(func(list [][]byte) [][]byte {
				list[1], list[2] = list[2], list[1]
				return list
			}), func(s *scene) { decryptsWith(s, &s.below.Identity) })},
		{id: "list-length", text: "refuses a list of certificates whose length is one more than its bytes", clause: clause, severity: record.Medium,
			stage: edit(wire.Certificate, func(b []byte) []byte { b[2]++; return b })},
	}
}
