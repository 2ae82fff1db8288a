package subject

import (
	"bytes"
	"crypto/cipher"
	"errors"

	"github.com/tjfoc/gmsm/sm2"
	"github.com/tjfoc/gmsm/sm4"
	"github.com/tjfoc/gmsm/x509"
)

// The parts of tjfoc/gmsm that crypto/cipher has no counterpart of: its own GCM, compressed points, keys as text.

// tjfocGCM uses sm4.Sm4GCM as the library's example does: the caller compares the tag that decryption returns.
func tjfocGCM(key []byte, nonceSize, tagSize int) (cipher.AEAD, error) {
	if tagSize != 16 {
		return nil, errors.New("sm4.Sm4GCM has tags of 16 bytes")
	}
	if len(key) != sm4.BlockSize {
		return nil, errors.New("sm4.Sm4GCM has keys of 16 bytes")
	}
	return gcmHelper{own(key), nonceSize}, nil
}

type gcmHelper struct {
	key       []byte
	nonceSize int
}

func (g gcmHelper) NonceSize() int { return g.nonceSize }
func (g gcmHelper) Overhead() int  { return 16 }

func (g gcmHelper) Seal(dst, nonce, plain, additional []byte) []byte {
	ct, tag, err := sm4.Sm4GCM(g.key, nonce, plain, additional, true)
	if err != nil {
		panic(err)
	}
	return append(append(dst, ct...), tag...)
}

func (g gcmHelper) Open(dst, nonce, sealed, additional []byte) ([]byte, error) {
	if len(sealed) < 16 {
		return nil, errors.New("shorter than a tag")
	}
	ct, want := sealed[:len(sealed)-16], sealed[len(sealed)-16:]
	plain, tag, err := sm4.Sm4GCM(g.key, nonce, ct, additional, false)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(tag, want) {
		return nil, errors.New("tag differs")
	}
	return append(dst, plain...), nil
}

func tjfocCounter(key, iv, in, aad []byte) ([]byte, error) {
	ct, _, err := sm4.Sm4GCM(key, iv, in, aad, true)
	return ct, err
}

func tjfocDigest(pub, id, msg []byte) ([]byte, error) {
	k, err := tjfocPublic(pub)
	if err != nil {
		return nil, err
	}
	return k.Sm3Digest(msg, id)
}

func tjfocPKCS7(der []byte) error {
	_, err := x509.ParsePKCS7(der)
	return err
}

type tjfocPoints struct{}

func (tjfocPoints) Compress(pub []byte) ([]byte, error) {
	k, err := tjfocPublic(pub)
	if err != nil {
		return nil, err
	}
	return sm2.Compress(k), nil
}

func (tjfocPoints) Decompress(point []byte) ([]byte, error) {
	return tjfocPoint(sm2.Decompress(point)), nil
}

type tjfocText struct{}

func (tjfocText) WritePrivate(key []byte) string {
	return x509.WritePrivateKeyToHex(tjfocPrivate(key))
}

func (tjfocText) ReadPrivate(text string) ([]byte, error) {
	k, err := x509.ReadPrivateKeyFromHex(text)
	if err != nil {
		return nil, err
	}
	return k.D.FillBytes(make([]byte, 32)), nil
}

func (tjfocText) ReadPublic(text string) ([]byte, error) {
	k, err := x509.ReadPublicKeyFromHex(text)
	if err != nil {
		return nil, err
	}
	return tjfocPoint(k), nil
}
