package subject

import (
	"bytes"
	"crypto/cipher"
	"crypto/ecdsa"
	"fmt"
	"hash"
	"io"

	gmcipher "github.com/emmansun/gmsm/cipher"
	"github.com/emmansun/gmsm/ecdh"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/sm4"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Emmansun returns github.com/emmansun/gmsm as a subject.
func Emmansun() Subject {
	const module = "github.com/emmansun/gmsm"
	ecb := func(make func(cipher.Block) cipher.BlockMode) func(cipher.Block, []byte) cipher.BlockMode {
		return func(b cipher.Block, _ []byte) cipher.BlockMode { return make(b) }
	}
	return Subject{
		Name: "emmansun", Module: module, Version: check.ModuleVersion(module), Assembly: true,
		Hash:  emmansunHash{},
		Block: emmansunBlock{},
		Modes: append(stdModes(sm4.NewCipher),
			Mode{Name: "ECB", Via: "cipher.NewECB", Crypt: blockMode(sm4.NewCipher, ecb(gmcipher.NewECBEncrypter), ecb(gmcipher.NewECBDecrypter))},
			Mode{Name: "BC", Via: "cipher.NewBC", Crypt: blockMode(sm4.NewCipher, gmcipher.NewBCEncrypter, gmcipher.NewBCDecrypter)}),
		AEADs: []AEAD{
			{Name: "GCM", Via: "cipher.NewGCM", New: stdGCM(sm4.NewCipher)},
			{Name: "CCM", Via: "cipher.NewCCM", New: emmansunCCM},
		},
		Signature:  emmansunSM2{},
		Encryption: emmansunSM2{},
		Exchange:   emmansunSM2{},
		Keys:       emmansunSM2{},
		Curve:      sm2.P256(),
		Points:     emmansunPoints{},
		Digest:     emmansunDigest,
		Encoding:   emmansunEncoding{},
		Sealed:     emmansunEncoding{},
		Envelope:   emmansunEnvelope{},
		ParsePKCS7: emmansunPKCS7,
	}
}

type emmansunHash struct{}

func (emmansunHash) New() hash.Hash { return sm3.New() }
func (emmansunHash) Sum(msg []byte) []byte {
	digest := sm3.Sum(msg)
	return digest[:]
}

type emmansunBlock struct{}

func (emmansunBlock) NewCipher(key []byte) (cipher.Block, error) { return sm4.NewCipher(key) }

func emmansunCCM(key []byte, nonceSize, tagSize int) (cipher.AEAD, error) {
	b, err := sm4.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return gmcipher.NewCCMWithNonceAndTagSize(b, nonceSize, tagSize)
}

type emmansunSM2 struct{}

func (emmansunSM2) Sign(key, id, msg []byte, random io.Reader) ([]byte, error) {
	k, err := sm2.NewPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return k.Sign(random, msg, sm2.NewSM2SignerOption(true, id))
}

func (emmansunSM2) Verify(pub, id, msg, sig []byte) (bool, error) {
	k, err := sm2.NewPublicKey(pub)
	if err != nil {
		return false, err
	}
	return sm2.VerifyASN1WithSM2(k, id, msg, sig), nil
}

func (emmansunSM2) VerifyDigest(pub, digest, sig []byte) (bool, error) {
	k, err := sm2.NewPublicKey(pub)
	if err != nil {
		return false, err
	}
	return sm2.VerifyASN1(k, digest, sig), nil
}

func (emmansunSM2) Generate(random io.Reader) (key, pub []byte, err error) {
	k, err := sm2.GenerateKey(random)
	if err != nil {
		return nil, nil, err
	}
	pub, err = emmansunPublic(&k.PublicKey)
	return k.D.FillBytes(make([]byte, 32)), pub, err
}

func (emmansunSM2) Encrypt(pub, msg []byte, layout Layout, random io.Reader) ([]byte, error) {
	k, err := sm2.NewPublicKey(pub)
	if err != nil {
		return nil, err
	}
	switch layout {
	case ASN1:
		return sm2.EncryptASN1(random, k, msg)
	case C1C2C3:
		return sm2.Encrypt(random, k, msg, sm2.NewPlainEncrypterOpts(sm2.MarshalUncompressed, sm2.C1C2C3))
	default:
		return sm2.Encrypt(random, k, msg, sm2.NewPlainEncrypterOpts(sm2.MarshalUncompressed, sm2.C1C3C2))
	}
}

func (emmansunSM2) Decrypt(key, ciphertext []byte, layout Layout) ([]byte, error) {
	k, err := sm2.NewPrivateKey(key)
	if err != nil {
		return nil, err
	}
	switch layout {
	case ASN1:
		return k.Decrypt(nil, ciphertext, sm2.ASN1DecrypterOpts)
	case C1C2C3:
		return k.Decrypt(nil, ciphertext, sm2.NewPlainDecrypterOpts(sm2.C1C2C3))
	default:
		return k.Decrypt(nil, ciphertext, sm2.NewPlainDecrypterOpts(sm2.C1C3C2))
	}
}

// Nonce returns the 32 bytes that the library reads and uses as they are.
func (emmansunSM2) Nonce(k []byte) io.Reader { return bytes.NewReader(k) }

func (emmansunSM2) Agree(side Side, length int) (key, s1, s2 []byte, err error) {
	c := ecdh.P256()
	static, err := c.NewPrivateKey(side.Key)
	if err != nil {
		return nil, nil, nil, err
	}
	ephemeral, err := c.NewPrivateKey(side.Ephemeral)
	if err != nil {
		return nil, nil, nil, err
	}
	peer, err := c.NewPublicKey(side.Peer)
	if err != nil {
		return nil, nil, nil, err
	}
	peerEphemeral, err := c.NewPublicKey(side.PeerEphemeral)
	if err != nil {
		return nil, nil, nil, err
	}
	shared, err := static.SM2MQV(ephemeral, peer, peerEphemeral)
	if err != nil {
		return nil, nil, nil, err
	}
	key, err = shared.SM2SharedKey(!side.Initiator, length, static.PublicKey(), peer, side.ID, side.PeerID)
	return key, nil, nil, err
}

// emmansunPublic returns the 65 bytes of a parsed key.
func emmansunPublic(key any) ([]byte, error) {
	k, ok := key.(*ecdsa.PublicKey)
	if !ok || k.Curve != sm2.P256() {
		return nil, fmt.Errorf("not an SM2 public key but %T", key)
	}
	public, err := sm2.PublicKeyToECDH(k)
	if err != nil {
		return nil, err
	}
	return public.Bytes(), nil
}
