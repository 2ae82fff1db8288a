package tls

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"slices"
	"time"

	"github.com/emmansun/gmsm/sm2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/tls/pki"
	"github.com/xcmatrix/xcmatrix/suites/tls/tlcp"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// clientRules are the requirements on a client.
func clientRules() []rule {
	return slices.Concat(serverHelloRules(), serverCertificateRules(), serverExchangeRules(), recordRules(), serverOrderRules())
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

// shows has the own server show other certificates.
func shows(change func(*scene) error) func(*scene) {
	return func(s *scene) {
		if err := change(s); err != nil {
			panic(err) // keys and templates of the scene
		}
	}
}

// issued replaces the signature or the encryption certificate.
func issued(encrypt bool, from func(*scene) *pki.Authority, change func(*scene, *pki.Leaf)) func(*scene) {
	return shows(func(s *scene) error {
		leaf := pki.Leaf{Host: serverHost}
		if encrypt {
			leaf.Usage = encryption
		}
		if change != nil {
			change(s, &leaf)
		}
		i, err := from(s).Issue(leaf)
		if err != nil {
			return err
		}
		if encrypt {
			s.own.Identity.Encrypt = i
		} else {
			s.own.Identity.Sign = i
		}
		return nil
	})
}

// chain changes the list of certificates that the own server shows.
func chain(change func(list [][]byte) [][]byte) func(*scene) {
	return edit(wire.Certificate, func(body []byte) []byte {
		f := wire.Read(wire.Read(body).Vector24())
		var list [][]byte
		for f.More() {
			list = append(list, f.Vector24())
		}
		var out []byte
		for _, der := range change(list) {
			out = append(out, wire.Vector24(der)...)
		}
		return wire.Vector24(out)
	})
}

// decryptsWith has the own server decrypt with another key than that of its encryption certificate.
func decryptsWith(s *scene, i *pki.Identity) {
	s.own.Decrypt = func(_ *sm2.PrivateKey, encrypted []byte) ([]byte, error) { return sm2.Decrypt(i.Key, encrypted) }
}

// serverCertificateRules returns the rules on which server certificates a client accepts.
func serverCertificateRules() []rule {
	const clause = "6.4.5.3"
	root := func(s *scene) *pki.Authority { return s.root }
	below := func(s *scene) *pki.Authority { return s.below }
	stranger := func(s *scene) *pki.Authority { return s.stranger }
	expired := func(s *scene, l *pki.Leaf) {
		l.NotBefore, l.NotAfter = s.now.Add(-48*time.Hour), s.now.Add(-24*time.Hour)
	}
	other := func(_ *scene, l *pki.Leaf) { l.Host = "other.test" }
	foreign := func(key func() (any, error)) func(*scene, *pki.Leaf) {
		return func(_ *scene, l *pki.Leaf) {
			k, err := key()
			if err != nil {
				panic(err)
			}
			l.PublicKey = k
		}
	}
	rsaKey := func() (any, error) {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		return &k.PublicKey, err
	}
	p256 := func() (any, error) {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		return &k.PublicKey, err
	}
	return []rule{
		{id: "intermediate", text: "takes certificates below an intermediate", clause: clause, severity: record.High, accepts: true,
			stage: all(issued(false, below, nil), issued(true, below, nil))},
		{id: "root-in-chain", text: "takes a chain that ends with the root itself", clause: clause, severity: record.Medium, accepts: true,
			stage: func(s *scene) {
				chain(func(list [][]byte) [][]byte { return append(list, s.root.Chain[0]) })(s)
			}},
		{id: "wrong-host", text: "refuses a signature certificate of another host", clause: clause, severity: record.Critical, stage: issued(false, root, other)},
		{id: "wrong-host-encryption", text: "refuses an encryption certificate of another host", clause: clause, severity: record.High, stage: issued(true, root, other)},
		{id: "unknown-root", text: "refuses a signature certificate of an unknown root", clause: clause, severity: record.Critical, stage: issued(false, stranger, nil)},
		{id: "unknown-root-encryption", text: "refuses an encryption certificate of an unknown root", clause: clause, severity: record.Critical, stage: issued(true, stranger, nil)},
		{id: "expired", text: "refuses a signature certificate that has expired", clause: clause, severity: record.High, stage: issued(false, root, expired)},
		{id: "expired-encryption", text: "refuses an encryption certificate that has expired", clause: clause, severity: record.High, stage: issued(true, root, expired)},
		{id: "not-yet", text: "refuses a certificate that is not yet valid", clause: clause, severity: record.High,
			stage: issued(false, root, func(s *scene, l *pki.Leaf) { l.NotBefore = s.now.Add(2 * time.Hour) })},
		{id: "client-usage", text: "refuses a certificate that is for clients alone", clause: clause, severity: record.Medium,
			stage: issued(false, root, func(_ *scene, l *pki.Leaf) { l.Client = true })},
		{id: "exchanged-certificates", text: "refuses the encryption certificate in the place of the signature's", clause: clause, severity: record.High,
			stage: func(s *scene) { i := s.own.Identity; i.Sign, i.Encrypt = i.Encrypt, i.Sign }},
		{id: "signature-twice", text: "refuses a signature certificate in the place of the encryption's", clause: clause, severity: record.High,
			stage: func(s *scene) { s.own.Identity.Encrypt = s.own.Identity.Sign }},
		{id: "one-certificate", text: "refuses a server that shows one certificate", clause: clause, severity: record.High,
			stage: all(chain(func(list [][]byte) [][]byte { return list[:1] }), func(s *scene) { decryptsWith(s, s.server.Sign) })},
		{id: "no-certificate", text: "refuses a server that shows no certificate", clause: clause, severity: record.Critical,
			stage: chain(func([][]byte) [][]byte { return nil })},
		{id: "rsa-certificate", text: "refuses a signature certificate with an RSA key", clause: clause, severity: record.High, stage: issuedKeyless(false, foreign(rsaKey))},
		{id: "rsa-encryption", text: "refuses an encryption certificate with an RSA key", clause: clause, severity: record.High, stage: issuedKeyless(true, foreign(rsaKey))},
		{id: "p256-certificate", text: "refuses a signature certificate with a P-256 key", clause: clause, severity: record.High, stage: issuedKeyless(false, foreign(p256))},
		{id: "broken-certificate", text: "refuses a certificate that is no ASN.1", clause: clause, severity: record.High,
			stage: chain(func(list [][]byte) [][]byte { return [][]byte{bytes.Repeat([]byte{0x30}, 60), list[1]} })},
		{id: "empty-certificate", text: "refuses an empty certificate", clause: clause, severity: record.High,
			stage: chain(func(list [][]byte) [][]byte { return [][]byte{nil, list[1]} })},
		{id: "deep-chain", text: "answers a chain of 100 certificates in time", clause: clause, severity: record.High, accepts: true,
			stage: chain(func(list [][]byte) [][]byte {
				for len(list) < 100 {
					list = append(list, list[0])
				}
				return list
			})},
		{id: "leaf-as-authority", text: "refuses a certificate that another server's certificate signed", clause: "GB/T 20518-2018 §5.2.3.1.10", severity: record.Critical,
			stage: shows(leafAsAuthority)},
		{id: "cut-certificates", text: "refuses a Certificate that ends anywhere within its first 200 bytes", clause: clause, severity: record.High, each: cut(wire.Certificate)},
		{id: "list-length", text: "refuses a list of certificates whose length is one more than its bytes", clause: clause, severity: record.Medium,
			stage: edit(wire.Certificate, func(b []byte) []byte { b[2]++; return b })},
		{id: "two-certificates-messages", text: "refuses a second Certificate", clause: "6.4.3", severity: record.Medium, stage: twice(wire.Certificate)},
	}
}

// issuedKeyless is issued for a public key that is not SM2: the own server goes on signing with its old key.
func issuedKeyless(encrypt bool, change func(*scene, *pki.Leaf)) func(*scene) {
	return shows(func(s *scene) error {
		before := *s.own.Identity
		issued(encrypt, func(s *scene) *pki.Authority { return s.root }, change)(s)
		i := s.own.Identity
		if encrypt {
			keyed := *i.Encrypt
			keyed.Key, i.Encrypt = before.Encrypt.Key, &keyed
		} else {
			keyed := *i.Sign
			keyed.Key, i.Sign = before.Sign.Key, &keyed
		}
		return nil
	})
}

// leafAsAuthority signs the server's certificates with the key of a certificate that is no authority's.
func leafAsAuthority(s *scene) error {
	victim, err := s.root.Issue(pki.Leaf{Host: "victim.test"})
	if err != nil {
		return err
	}
	false := pki.Below(s.root, victim)
	sign, err1 := false.Issue(pki.Leaf{Host: serverHost})
	encrypt, err2 := false.Issue(pki.Leaf{Host: serverHost, Usage: encryption})
	s.own.Identity = &tlcp.Identity{Sign: sign, Encrypt: encrypt}
	return errors.Join(err1, err2)
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
		{id: "server-client-hello", text: "refuses a ClientHello of a server", clause: clause, severity: record.Medium, stage: as(wire.ServerHello, wire.ClientHello)},
		{id: "no-server-finished", text: "refuses a server that sends no Finished", clause: clause, severity: record.Critical, stage: without(wire.Finished)},
		{id: "unknown-message", text: "refuses a handshake message of an unknown type", clause: clause, severity: record.Medium,
			stage: before(wire.ServerHelloDone, wire.Message{Type: 99, Body: []byte{1}})},
		{id: "server-verify", text: "refuses a CertificateVerify of a server", clause: clause, severity: record.Medium,
			stage: before(wire.ServerHelloDone, wire.Message{Type: wire.CertificateVerify, Body: wire.Vector16(make([]byte, 70))})},
	}
}
