// Package identity has the signers of certificates: an SM2 key (GB/T 32918) in an encrypted file, and two X.509
// certificates, root and leaf, for it. There are no longer chains, because OpenSSL 3.0 does not verify longer SM2 chains.
package identity

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io/fs"

	"github.com/emmansun/gmsm/pkcs"
	"github.com/emmansun/gmsm/pkcs8"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/smx509"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

const (
	pemKey         = "ENCRYPTED PRIVATE KEY"
	pemCertificate = "CERTIFICATE"

	// MinPassphrase is the shortest passphrase in bytes that protects a key.
	MinPassphrase = 8
	// iterations of PBKDF2 with HMAC-SHA-256, from which the SM4-CBC key of the file is derived. OpenSSL 3 reads this; it
	// does not read HMAC-SM3.
	iterations = 600_000
)

// Key is an SM2 private key.
type Key struct{ private *sm2.PrivateKey }

// newKey returns a new random key.
func newKey() (Key, error) {
	private, err := sm2.GenerateKey(rand.Reader)
	return Key{private}, err
}

// Sign returns the SM2 signature of data over SM3, for the default ID 1234567812345678 (GB/T 32918.2-2016, GM/T 0009-2012
// §10). It makes Key a Signer of DSSE envelopes.
func (k Key) Sign(_ context.Context, data []byte) ([]byte, error) {
	return k.private.Sign(rand.Reader, data, sm2.DefaultSM2SignerOpts)
}

// KeyID returns the fingerprint of the public key.
func (k Key) KeyID() (string, error) { return fingerprint(k.private.Public()) }

// fingerprint returns "sm3:" and the SM3 hash of a public key's SubjectPublicKeyInfo.
func fingerprint(public any) (string, error) {
	der, err := smx509.MarshalPKIXPublicKey(public)
	if err != nil {
		return "", err
	}
	sum := sm3.Sum(der)
	return "sm3:" + hex.EncodeToString(sum[:]), nil
}

// encrypted returns the key as a PKCS#8 file, encrypted with a passphrase.
func (k Key) encrypted(passphrase []byte) ([]byte, error) {
	if len(passphrase) < MinPassphrase {
		return nil, record.Wrongf("", "the passphrase is too short: at least %d bytes", "口令太短：至少 %d 字节", MinPassphrase)
	}
	scheme := pkcs.NewPBESEncrypter(pkcs.SM4CBC, pkcs.NewPBKDF2Opts(pkcs.SHA256, 16, iterations))
	der, err := pkcs8.MarshalPrivateKey(k.private, passphrase, scheme)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemKey, Bytes: der}), nil
}

// openKey reads an encrypted key file. It returns a *record.Problem if the passphrase is wrong or the file is no such
// file.
func openKey(path string, passphrase []byte) (Key, error) {
	raw, err := regular.ReadNamed(path, regular.MaxText)
	if errors.Is(err, fs.ErrNotExist) {
		return Key{}, record.Wrongf(path, "there is no key here: make one with `xcmatrix keygen`", "此处没有密钥：请先用 `xcmatrix keygen` 生成")
	}
	if err != nil {
		return Key{}, err
	}
	der, err := keyBlock(path, raw)
	if err != nil {
		return Key{}, err
	}
	private, err := decrypt(path, der, passphrase)
	return Key{private}, err
}
