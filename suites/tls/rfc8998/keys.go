package rfc8998

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"encoding/binary"
	"errors"

	gmcipher "github.com/emmansun/gmsm/cipher"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/sm4"

	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// digestBytes is the length of an SM3 digest, and of each secret.
const digestBytes = 32

// ExpandLabel is HKDF-Expand-Label with SM3: n bytes. RFC 8446 §7.1.
func ExpandLabel(secret []byte, label string, context []byte, n int) []byte {
	info := wire.Uint16s(uint16(n))
	info = append(info, wire.Vector8([]byte("tls13 "+label))...)
	info = append(info, wire.Vector8(context)...)
	out, err := hkdf.Expand(sm3.New, secret, string(info), n)
	if err != nil {
		panic(err) // n is over 255 digests
	}
	return out
}

// Extract is HKDF-Extract with SM3: 32 bytes.
func Extract(salt, key []byte) []byte {
	out, err := hkdf.Extract(sm3.New, key, salt)
	if err != nil {
		panic(err) // only in FIPS 140 mode, for short keys
	}
	return out
}

// Schedule is the key schedule of RFC 8446 §7.1, without a pre-shared key.
type Schedule struct {
	handshake []byte // Handshake Secret

	ClientHandshake, ServerHandshake     []byte // traffic secrets
	ClientApplication, ServerApplication []byte
}

// NewSchedule derives the handshake secrets from the result of ECDH and the digest of ClientHello and ServerHello.
func NewSchedule(shared, helloDigest []byte) *Schedule {
	empty := sm3.Sum(nil)
	early := Extract(nil, make([]byte, digestBytes))
	s := &Schedule{handshake: Extract(ExpandLabel(early, "derived", empty[:], digestBytes), shared)}
	s.ClientHandshake = ExpandLabel(s.handshake, "c hs traffic", helloDigest, digestBytes)
	s.ServerHandshake = ExpandLabel(s.handshake, "s hs traffic", helloDigest, digestBytes)
	return s
}

// Application derives the secrets of application data from the digest of all up to the server's Finished.
func (s *Schedule) Application(finishedDigest []byte) {
	empty := sm3.Sum(nil)
	master := Extract(ExpandLabel(s.handshake, "derived", empty[:], digestBytes), make([]byte, digestBytes))
	s.ClientApplication = ExpandLabel(master, "c ap traffic", finishedDigest, digestBytes)
	s.ServerApplication = ExpandLabel(master, "s ap traffic", finishedDigest, digestBytes)
}

// FinishedMAC is the verify_data of Finished, 32 bytes: RFC 8446 §4.4.4.
func FinishedMAC(trafficSecret, digest []byte) []byte {
	mac := hmac.New(sm3.New, ExpandLabel(trafficSecret, "finished", nil, digestBytes))
	mac.Write(digest)
	return mac.Sum(nil)
}

// protection is wire.Protection with an AEAD: RFC 8446 §5.2.
type protection struct {
	aead     cipher.AEAD
	block    cipher.Block
	iv       []byte
	sequence uint64
	secret   []byte
	suite    wire.CipherSuite
}

// NewProtection returns the protection of one direction from its traffic secret.
func NewProtection(suite wire.CipherSuite, secret []byte) (wire.Protection, error) {
	block, err := sm4.NewCipher(ExpandLabel(secret, "key", nil, sm4.BlockSize))
	if err != nil {
		return nil, err
	}
	p := &protection{block: block, iv: ExpandLabel(secret, "iv", nil, 12), secret: secret, suite: suite}
	switch suite {
	case wire.TLS_SM4_GCM_SM3:
		p.aead, err = cipher.NewGCM(block)
	case wire.TLS_SM4_CCM_SM3:
		p.aead, err = gmcipher.NewCCM(block)
	default:
		err = errors.New("no cipher suite of RFC 8998")
	}
	return p, err
}

func (p *protection) nonce() []byte {
	nonce := make([]byte, len(p.iv))
	binary.BigEndian.PutUint64(nonce[4:], p.sequence)
	for i := range nonce {
		nonce[i] ^= p.iv[i]
	}
	return nonce
}

// header is the additional data: the record's header on the wire.
func header(sealedBytes int) []byte {
	return binary.BigEndian.AppendUint16([]byte{byte(wire.ApplicationData), wire.TLS12 >> 8, wire.TLS12 & 0xFF}, uint16(sealedBytes))
}

func (p *protection) Seal(t wire.ContentType, _ uint16, content []byte) (wire.ContentType, []byte, error) {
	inner := append(append([]byte(nil), content...), byte(t))
	nonce := p.nonce()
	p.sequence++
	return wire.ApplicationData, p.aead.Seal(nil, nonce, inner, header(len(inner)+p.aead.Overhead())), nil
}

func (p *protection) Open(t wire.ContentType, _ uint16, body []byte) (wire.ContentType, []byte, error) {
	inner, err := p.aead.Open(nil, p.nonce(), body, header(len(body)))
	switch {
	case t != wire.ApplicationData:
		return wire.ApplicationData, body, errors.New("it is not of type application_data")
	case err != nil:
		inner = p.unverified(body)
	default:
		p.sequence++
	}
	end := len(inner)
	for end > 0 && inner[end-1] == 0 { // padding, RFC 8446 §5.4
		end--
	}
	if end == 0 { // no type: unexpected_message, whoever reads it
		return 0, nil, err
	}
	return wire.ContentType(inner[end-1]), inner[:end-1], err
}

// unverified decrypts a record without a look at its tag.
func (p *protection) unverified(body []byte) []byte {
	counter := append(p.nonce(), 0, 0, 0, 2) // GCM: the first block after that of the tag
	if p.suite == wire.TLS_SM4_CCM_SM3 {
		counter = append(append([]byte{2}, p.nonce()...), 0, 0, 1) // CCM: L is 3
	}
	inner := make([]byte, max(0, len(body)-p.aead.Overhead()))
	cipher.NewCTR(p.block, counter).XORKeyStream(inner, body[:len(inner)])
	return inner
}

// updated is the protection after a KeyUpdate: RFC 8446 §7.2.
func (p *protection) updated() (wire.Protection, error) {
	return NewProtection(p.suite, ExpandLabel(p.secret, "traffic upd", nil, digestBytes))
}
