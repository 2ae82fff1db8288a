// Package subject gives every library under test the same small interfaces, so that one check is for all of them. It calls a library
// as the library's documentation says, and corrects none of its results.
package subject

import (
	"crypto/cipher"
	"crypto/elliptic"
	"hash"
	"io"
)

// Subject is one library and what it supports: a nil field or an absent mode is not supported.
type Subject struct {
	Name    string // as in finding ids: "tjfoc"
	Module  string
	Version string
	// Assembly says that the library has assembly, which depends on the processor.
	Assembly bool

	Hash       Hash
	Block      Block
	Modes      []Mode
	AEADs      []AEAD
	Signature  Signature
	Encryption Encryption
	Exchange   Exchange
	Keys       Keys
	Curve      elliptic.Curve
	Points     Points
	Digest     func(pub, id, msg []byte) ([]byte, error) // SM3(Z ‖ M)
	Encoding   Encoding
	Sealed     Sealed
	Envelope   Envelope
	Text       Text
	ParsePKCS7 func(der []byte) error
	Counter    func(key, iv, in, aad []byte) ([]byte, error) // GCM by a helper of the library's own, plaintext to ciphertext
}

// Hash is SM3.
type Hash interface {
	New() hash.Hash
	Sum(msg []byte) []byte // the one-call form
}

// Block is the SM4 block cipher.
type Block interface {
	NewCipher(key []byte) (cipher.Block, error)
}

// Mode is SM4 in a mode of operation of GB/T 17964-2021 that takes a whole message.
type Mode struct {
	Name   string // "ECB", "CBC", "CFB", "OFB", "CTR"
	Via    string // the function that does it: "sm4.Sm4Cbc", "cipher.NewCBCEncrypter"
	Padded bool   // pads as PKCS #7 by itself
	// Crypt encrypts or decrypts msg and returns the result in new memory.
	Crypt func(key, iv, msg []byte, decrypt bool) ([]byte, error)
}

// AEAD is SM4 in an authenticated mode. New takes sizes in bytes.
type AEAD struct {
	Name string // "GCM", "CCM"
	Via  string
	New  func(key []byte, nonceSize, tagSize int) (cipher.AEAD, error)
}

// Signature is the SM2 signature. Keys are 32 bytes, public keys 65 (04, x, y), signatures DER; a nil id stands for the
// default one.
type Signature interface {
	Sign(key, id, msg []byte, random io.Reader) ([]byte, error)
	Verify(pub, id, msg, sig []byte) (bool, error)
}

// NonceSigner signs with a given random number, as the examples of the standards do.
type NonceSigner interface {
	SignNonce(key, id, msg, nonce []byte) ([]byte, error)
}

// DigestSigner works on e = SM3(Z ‖ M) itself.
type DigestSigner interface {
	VerifyDigest(pub, digest, sig []byte) (bool, error)
}

// Layout of an SM2 ciphertext.
type Layout string

const (
	C1C3C2 Layout = "C1C3C2" // GB/T 32918.4-2016
	C1C2C3 Layout = "C1C2C3" // GM/T 0003.4-2012 as first drafted, and much old software
	ASN1   Layout = "ASN.1"  // GB/T 35276-2017 §7.2
)

// Encryption is SM2 public-key encryption.
type Encryption interface {
	Encrypt(pub, msg []byte, layout Layout, random io.Reader) ([]byte, error)
	Decrypt(key, ciphertext []byte, layout Layout) ([]byte, error)
	// Nonce returns a reader from which the library gets the given random number.
	Nonce(k []byte) io.Reader
}

// Opener decrypts with the private key only. Encryption.Decrypt may derive the public key first, which takes half as much time
// again: too much for hundreds of ciphertexts.
type Opener interface {
	Open(key, ciphertext []byte, layout Layout) ([]byte, error)
}

// Exchange is the SM2 key exchange.
type Exchange interface {
	// Agree does one side's half of the exchange; s1 and s2 are nil if the library has no key confirmation.
	Agree(side Side, length int) (key, s1, s2 []byte, err error)
}

// Side has the inputs of one side of a key exchange.
type Side struct {
	Initiator           bool
	Key, Ephemeral      []byte // own secrets
	Peer, PeerEphemeral []byte // public points of the other side
	ID, PeerID          []byte
}

// Encoding reads and writes keys and certificates.
type Encoding interface {
	MarshalPKCS8(key []byte) ([]byte, error)
	ParsePKCS8(der []byte) (key []byte, err error)
	MarshalPKIX(pub []byte) ([]byte, error)
	ParsePKIX(der []byte) (pub []byte, err error)
	// CreateCertificate makes a certificate for the public key of key, signed by itself.
	CreateCertificate(key []byte, name string) ([]byte, error)
	// VerifyCertificate checks a certificate's signature under the public key in it.
	VerifyCertificate(der []byte) error
}

// Keys makes key pairs.
type Keys interface {
	Generate(random io.Reader) (key, pub []byte, err error)
}

// Points reads and writes compressed points of GB/T 32918.1-2016 §4.2.8.
type Points interface {
	Compress(pub []byte) ([]byte, error)
	Decompress(point []byte) (pub []byte, err error)
}

// Sealed reads and writes private keys that are encrypted with a password.
type Sealed interface {
	MarshalSealed(key, password []byte) ([]byte, error)
	ParseSealed(der, password []byte) (key []byte, err error)
}

// Text reads and writes keys as hexadecimal text.
type Text interface {
	WritePrivate(key []byte) string
	ReadPrivate(text string) (key []byte, err error)
	ReadPublic(text string) (pub []byte, err error)
}

// All returns the subjects under test: the libraries that are linked into this binary.
func All() []Subject { return []Subject{TJFOC(), Emmansun()} }

// own returns a copy of b without spare capacity.
func own(b []byte) []byte {
	c := make([]byte, len(b))
	copy(c, b)
	return c
}
