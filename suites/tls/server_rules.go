package tls

import (
	"bytes"
	"cmp"
	"encoding/asn1"
	"errors"
	"math/big"
	"net"
	"slices"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// serverRules are the requirements on a server.
func serverRules() []rule {
	return slices.Concat(helloRules(), exchangeRules(), clientCertificateRules("6.4.5.7"), verifyRules(), recordRules(), orderRules(), entropyRules())
}

// hello sets the cipher suites of the own client's ClientHello.
func hello(suites ...wire.CipherSuite) func(*scene) {
	return func(s *scene) { s.own.Suites = suites }
}

// helloBody changes the body of ClientHello by its fields.
func helloBody(change func(*wire.Hello)) func(*scene) {
	return edit(wire.ClientHello, func(body []byte) []byte {
		h, err := wire.Checks{}.ParseClientHello(body)
		if err != nil {
			panic(err) // the own peer's own
		}
		change(h)
		return h.MarshalClient()
	})
}

func helloRules() []rule {
	const clause = "6.4.5.2.1"
	return []rule{
		{id: "handshake", text: "completes a handshake with ECC_SM4_CBC_SM3", clause: "6.4.3", severity: record.Critical, accepts: true,
			stage: hello(wire.ECC_SM4_CBC_SM3)},
		{id: "unknown-suites", text: "leaves out cipher suites that it does not know", clause: clause, severity: record.Medium, accepts: true,
			stage: helloBody(func(h *wire.Hello) { h.Suites = append([]wire.CipherSuite{0x0A0A, 0x1A1A}, h.Suites...) })},
		{id: "unknown-session", text: "begins a new session where it does not know the session id", clause: clause, severity: record.Medium, accepts: true,
			stage: helloBody(func(h *wire.Hello) { h.SessionID = bytes.Repeat([]byte{7}, 32) })},
		{id: "compression-choice", text: "chooses no compression among several", clause: clause, severity: record.Low, accepts: true,
			stage: helloBody(func(h *wire.Hello) { h.Compression = []byte{1, 0} })},
		{id: "unknown-extension", text: "leaves out an extension that it does not know", clause: clause, severity: record.Medium, accepts: true,
			stage: helloBody(func(h *wire.Hello) { h.Extensions = []wire.Extension{{Type: 0x7777, Data: []byte{1}}} })},
		{id: "only-ecdhe", text: "refuses a client that offers only a cipher suite it does not have (ECDHE_SM4_CBC_SM3)", clause: clause, severity: record.High,
			stage: hello(wire.ECDHE_SM4_CBC_SM3)},
		{id: "only-unknown", text: "refuses a client that offers only an unknown cipher suite", clause: clause, severity: record.High, stage: hello(0x1234)},
		{id: "no-suites", text: "refuses an empty list of cipher suites", clause: clause, severity: record.Medium, stage: hello([]wire.CipherSuite{}...)},
		{id: "no-compression-method", text: "refuses a client that does not offer the null compression", clause: clause, severity: record.Low,
			stage: helloBody(func(h *wire.Hello) { h.Compression = []byte{1} })},
		{id: "empty-compression", text: "refuses an empty list of compression methods", clause: clause, severity: record.Low,
			stage: helloBody(func(h *wire.Hello) { h.Compression = nil })},
		{id: "older-version", text: "refuses a client that offers at most version 1.0", clause: clause, severity: record.Medium,
			stage: helloBody(func(h *wire.Hello) { h.Version = 0x0100 })},
		{id: "long-session", text: "refuses a session id of 33 bytes", clause: clause, severity: record.Low,
			stage: edit(wire.ClientHello, func(b []byte) []byte { return slices.Concat(b[:34], []byte{33}, make([]byte, 33), b[35:]) })},
		{id: "odd-suites", text: "refuses a list of cipher suites with an odd length", clause: clause, severity: record.Low,
			stage: edit(wire.ClientHello, func(b []byte) []byte { return slices.Concat(b[:35], []byte{0, 3}, b[37:39], []byte{0}, b[39:]) })},
		{id: "cut-hello", text: "refuses a ClientHello that ends anywhere within", clause: clause, severity: record.High, each: cut(wire.ClientHello)},
		{id: "long-hello", text: "refuses a ClientHello with a byte too many", clause: clause, severity: record.Low, stage: longer(wire.ClientHello)},
		{id: "two-hellos", text: "refuses a second ClientHello", clause: "6.4.3", severity: record.Medium, stage: twice(wire.ClientHello)},
		{id: "huge-hello", text: "refuses a handshake message that says it has 16 MiB", clause: "6.4.4", severity: record.High, stage: func(s *scene) {
			s.raw = func(c net.Conn) error {
				_, itsPatience := patience()
				_, err := c.Write(clearRecord(wire.Handshake, wire.TLCP, 1, 0xFF, 0xFF, 0xFF))
				err = errors.Join(err, c.SetDeadline(time.Now().Add(2*itsPatience))) // longer than the subject's
				return cmp.Or(err, firstAlert(&wire.Conn{Conn: c}))
			}
		}},
	}
}

// encrypted changes the encrypted pre-master secret.
func encrypted(change func([]byte) []byte) func(*scene) {
	return func(s *scene) { s.own.PreMaster = change }
}

// preMaster sends another pre-master secret than the own peer goes on with, rightly encrypted.
func preMaster(sent, derived []byte) func(*scene) {
	return func(s *scene) { s.own.Secret, s.own.Derived = sent, derived }
}

// cipherASN1 is an SM2 ciphertext: GB/T 35276-2017 §7.2.
type cipherASN1 struct {
	X, Y *big.Int
	Hash []byte
	Text []byte
}

// rewritten changes the parts of an SM2 ciphertext.
func rewritten(change func(*cipherASN1)) func(*scene) {
	return encrypted(func(b []byte) []byte {
		var c cipherASN1
		if _, err := asn1.Unmarshal(b, &c); err != nil {
			panic(err) // the own peer's own
		}
		change(&c)
		out, err := asn1.Marshal(c)
		if err != nil {
			panic(err)
		}
		return out
	})
}

// infinity encrypts a secret so that whoever multiplies the point (0,0) by any key and gets (0,0) decrypts it: then the key
// is not needed to know the secret. The own peer goes on with that secret.
func infinity(c *cipherASN1, secret []byte) {
	c.X, c.Y = new(big.Int), new(big.Int)
	zeros := make([]byte, 64)
	stream := sm3.Kdf(zeros, len(secret))
	c.Text = make([]byte, len(secret))
	for i := range secret {
		c.Text[i] = secret[i] ^ stream[i]
	}
	sum := sm3.Sum(slices.Concat(zeros[:32], secret, zeros[32:]))
	c.Hash = sum[:]
}

func exchangeRules() []rule {
	const clause = "6.4.5.8"
	secret := append([]byte{wire.TLCP >> 8, wire.TLCP & 0xFF}, bytes.Repeat([]byte{0x42}, 46)...)
	otherSecret := bytes.Clone(secret)
	otherSecret[len(otherSecret)-1] ^= 1
	body := func(change func([]byte) []byte) func(*scene) { return edit(wire.ClientKeyExchange, change) }
	return []rule{
		{id: "one-byte-exchange", text: "refuses a ClientKeyExchange of one byte", clause: clause, severity: record.High,
			stage: body(func([]byte) []byte { return []byte{1} })},
		{id: "empty-exchange", text: "refuses an empty ClientKeyExchange", clause: clause, severity: record.High, stage: body(func([]byte) []byte { return nil })},
		{id: "cut-exchange", text: "refuses a ClientKeyExchange that ends anywhere within", clause: clause, severity: record.High, each: cut(wire.ClientKeyExchange)},
		{id: "long-exchange", text: "refuses a ClientKeyExchange with a byte too many", clause: clause, severity: record.Low, stage: longer(wire.ClientKeyExchange)},
		{id: "exchange-length", text: "refuses a ClientKeyExchange whose length is one more than its bytes", clause: clause, severity: record.Medium,
			stage: body(func(b []byte) []byte { b[1]++; return b })},
		{id: "no-asn1", text: "refuses a pre-master secret that is no ciphertext", clause: clause, severity: record.High,
			stage: encrypted(func([]byte) []byte { return bytes.Repeat([]byte{0xA5}, 150) })},
		{id: "point-at-zero", text: "refuses a pre-master secret under C1 = (0, 0), for which no key is needed", clause: "GB/T 32918.4-2016 §7.1 B1", severity: record.Critical,
			stage: all(func(s *scene) { s.own.Secret = secret }, rewritten(func(c *cipherASN1) { infinity(c, secret) }))},
		{id: "point-off-curve", text: "refuses a pre-master secret whose C1 is not on the curve", clause: "GB/T 32918.4-2016 §7.1 B1", severity: record.High,
			stage: rewritten(func(c *cipherASN1) { c.Y = new(big.Int).Add(c.Y, big.NewInt(1)) })},
		{id: "coordinate-over-p", text: "refuses a pre-master secret whose C1 has a coordinate of the field's order or more", clause: "GB/T 32918.4-2016 §7.1 B1", severity: record.Medium,
			stage: rewritten(func(c *cipherASN1) { c.X = new(big.Int).Add(c.X, sm2.P256().Params().P) })},
		{id: "wrong-hash", text: "refuses a pre-master secret whose C3 is wrong", clause: "GB/T 32918.4-2016 §7.1 B6", severity: record.High,
			stage: rewritten(func(c *cipherASN1) { c.Hash[0] ^= 1 })},
		{id: "changed-text", text: "refuses a pre-master secret whose C2 is changed", clause: "GB/T 32918.4-2016 §7.1 B6", severity: record.High,
			stage: all(preMaster(secret, otherSecret), rewritten(func(c *cipherASN1) { c.Text[len(c.Text)-1] ^= 1 }))},
		{id: "empty-text", text: "refuses a pre-master secret whose C2 is empty", clause: "GB/T 32918.4-2016 §7.1", severity: record.Medium,
			stage: all(preMaster(secret, make([]byte, len(secret))), rewritten(func(c *cipherASN1) { c.Text = nil }))},
		{id: "short-secret", text: "refuses a pre-master secret of 47 bytes", clause: clause, severity: record.Medium, stage: preMaster(secret[:47], nil)},
		{id: "long-secret", text: "refuses a pre-master secret of 49 bytes", clause: clause, severity: record.Medium, stage: preMaster(append(bytes.Clone(secret), 0), nil)},
		{id: "secret-version", text: "refuses a pre-master secret with another version than ClientHello", clause: clause, severity: record.Medium,
			stage: func(s *scene) { s.own.PreMasterVersion = wire.TLS12 }},
		{id: "other-secret", text: "refuses a Finished under another pre-master secret", clause: "6.4.5.10", severity: record.Critical, stage: preMaster(secret, otherSecret)},
		{id: "leading-zeros", text: "takes a C1 whose coordinates have leading zeros", clause: clause, severity: record.High, accepts: true,
			stage: func(s *scene) { s.own.LeadingZero = true }},
	}
}
