package subject

//lint:file-ignore SA1019 the subject's keys are points of elliptic.Curve

import (
	"bytes"
	"crypto/cipher"
	"errors"
	"hash"
	"io"
	"math/big"

	"github.com/tjfoc/gmsm/sm2"
	"github.com/tjfoc/gmsm/sm3"
	"github.com/tjfoc/gmsm/sm4"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// TJFOC returns github.com/tjfoc/gmsm as a subject.
func TJFOC() Subject {
	const module = "github.com/tjfoc/gmsm"
	return Subject{
		Name: "tjfoc", Module: module, Version: check.ModuleVersion(module),
		Hash:  tjfocHash{},
		Block: tjfocBlock{},
		Modes: append(stdModes(sm4.NewCipher),
			Mode{Name: "ECB", Via: "sm4.Sm4Ecb", Padded: true, Crypt: tjfocMode(sm4.Sm4Ecb)},
			Mode{Name: "CBC", Via: "sm4.Sm4Cbc", Padded: true, Crypt: tjfocMode(sm4.Sm4Cbc)},
			Mode{Name: "CFB", Via: "sm4.Sm4CFB", Padded: true, Crypt: tjfocMode(sm4.Sm4CFB)},
			Mode{Name: "OFB", Via: "sm4.Sm4OFB", Padded: true, Crypt: tjfocMode(sm4.Sm4OFB)}),
		AEADs: []AEAD{
			{Name: "GCM", Via: "cipher.NewGCM", New: stdGCM(sm4.NewCipher)},
			{Name: "GCM", Via: "sm4.Sm4GCM", New: tjfocGCM},
		},
		Signature:  tjfocSM2{},
		Encryption: tjfocSM2{},
		Exchange:   tjfocSM2{},
		Keys:       tjfocSM2{},
		Curve:      sm2.P256Sm2(),
		Points:     tjfocPoints{},
		Digest:     tjfocDigest,
		Encoding:   tjfocEncoding{},
		Sealed:     tjfocEncoding{},
		Text:       tjfocText{},
		ParsePKCS7: tjfocPKCS7,
		Counter:    tjfocCounter,
	}
}

type tjfocHash struct{}

func (tjfocHash) New() hash.Hash        { return sm3.New() }
func (tjfocHash) Sum(msg []byte) []byte { return sm3.Sm3Sum(msg) }

type tjfocBlock struct{}

func (tjfocBlock) NewCipher(key []byte) (cipher.Block, error) { return sm4.NewCipher(key) }

// tjfocMode adapts one of the helpers, which take their IV from a package variable.
func tjfocMode(helper func(key, in []byte, encrypt bool) ([]byte, error)) func(key, iv, msg []byte, decrypt bool) ([]byte, error) {
	return func(key, iv, msg []byte, decrypt bool) ([]byte, error) {
		if iv != nil {
			if err := sm4.SetIV(iv); err != nil {
				return nil, err
			}
		}
		return helper(key, msg, !decrypt)
	}
}

type tjfocSM2 struct{}

func tjfocPublic(pub []byte) (*sm2.PublicKey, error) {
	if len(pub) != 65 {
		return nil, errors.New("not a public key of 65 bytes")
	}
	return &sm2.PublicKey{Curve: sm2.P256Sm2(), X: new(big.Int).SetBytes(pub[1:33]), Y: new(big.Int).SetBytes(pub[33:])}, nil
}

// tjfocSecret returns a private key without its public key.
func tjfocSecret(key []byte) *sm2.PrivateKey {
	k := &sm2.PrivateKey{D: new(big.Int).SetBytes(key)}
	k.Curve = sm2.P256Sm2()
	return k
}

func tjfocPrivate(key []byte) *sm2.PrivateKey {
	k := tjfocSecret(key)
	k.X, k.Y = k.Curve.ScalarBaseMult(k.D.Bytes())
	return k
}

func (tjfocSM2) Sign(key, id, msg []byte, random io.Reader) ([]byte, error) {
	if id == nil {
		return tjfocPrivate(key).Sign(random, msg, nil)
	}
	r, s, err := sm2.Sm2Sign(tjfocPrivate(key), msg, id, random)
	if err != nil {
		return nil, err
	}
	return sm2.SignDigitToSignData(r, s)
}

func (t tjfocSM2) SignNonce(key, id, msg, nonce []byte) ([]byte, error) {
	return t.Sign(key, id, msg, t.Nonce(nonce))
}

// Nonce returns the 40 bytes that the library reads and uses modulo n−1, plus one.
func (tjfocSM2) Nonce(k []byte) io.Reader {
	n := new(big.Int).SetBytes(k)
	return bytes.NewReader(n.Sub(n, big.NewInt(1)).FillBytes(make([]byte, 40)))
}

func (tjfocSM2) Verify(pub, id, msg, sig []byte) (bool, error) {
	key, err := tjfocPublic(pub)
	if err != nil {
		return false, err
	}
	if id == nil {
		return key.Verify(msg, sig), nil
	}
	r, s, err := sm2.SignDataToSignDigit(sig)
	if err != nil {
		return false, err
	}
	return sm2.Sm2Verify(key, msg, id, r, s), nil
}

func (tjfocSM2) VerifyDigest(pub, digest, sig []byte) (bool, error) {
	key, err := tjfocPublic(pub)
	if err != nil {
		return false, err
	}
	r, s, err := sm2.SignDataToSignDigit(sig)
	if err != nil {
		return false, err
	}
	return sm2.Verify(key, digest, r, s), nil
}

func (tjfocSM2) Generate(random io.Reader) (key, pub []byte, err error) {
	k, err := sm2.GenerateKey(random)
	if err != nil {
		return nil, nil, err
	}
	return k.D.FillBytes(make([]byte, 32)), tjfocPoint(&k.PublicKey), nil
}

func (tjfocSM2) Encrypt(pub, msg []byte, layout Layout, random io.Reader) ([]byte, error) {
	key, err := tjfocPublic(pub)
	if err != nil {
		return nil, err
	}
	switch layout {
	case ASN1:
		return key.EncryptAsn1(msg, random)
	case C1C2C3:
		return sm2.Encrypt(key, msg, random, sm2.C1C2C3)
	default:
		return sm2.Encrypt(key, msg, random, sm2.C1C3C2)
	}
}

func (tjfocSM2) Decrypt(key, ciphertext []byte, layout Layout) ([]byte, error) {
	return tjfocDecrypt(tjfocPrivate(key), ciphertext, layout)
}

func (tjfocSM2) Open(key, ciphertext []byte, layout Layout) ([]byte, error) {
	return tjfocDecrypt(tjfocSecret(key), ciphertext, layout)
}

// tjfocDecrypt decrypts an SM2 ciphertext of a layout with the library tjfoc/gmsm. It returns the library's error.
func tjfocDecrypt(key *sm2.PrivateKey, ciphertext []byte, layout Layout) ([]byte, error) {
	switch layout {
	case ASN1:
		return key.DecryptAsn1(ciphertext)
	case C1C2C3:
		return sm2.Decrypt(key, ciphertext, sm2.C1C2C3)
	default:
		return sm2.Decrypt(key, ciphertext, sm2.C1C3C2)
	}
}

func (tjfocSM2) Agree(side Side, length int) (key, s1, s2 []byte, err error) {
	peer, err := tjfocPublic(side.Peer)
	if err != nil {
		return nil, nil, nil, err
	}
	ephemeral, err := tjfocPublic(side.PeerEphemeral)
	if err != nil {
		return nil, nil, nil, err
	}
	if side.Initiator {
		return sm2.KeyExchangeA(length, side.ID, side.PeerID, tjfocPrivate(side.Key), peer, tjfocPrivate(side.Ephemeral), ephemeral)
	}
	return sm2.KeyExchangeB(length, side.PeerID, side.ID, tjfocPrivate(side.Key), peer, tjfocPrivate(side.Ephemeral), ephemeral)
}
