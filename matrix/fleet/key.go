package fleet

import (
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/smx509"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

// Key is the SM2 key of a machine (GB/T 32918). It never leaves the machine.
type Key struct {
	private *sm2.PrivateKey
	public  string
}

// keyFile is the file of a machine's key, in PKCS#8, in the agent's directory.
const keyFile = "machine-key.pem"

// OpenKey returns the key in a directory, and makes it where there is none. Its file is its owner's alone.
func OpenKey(dir string) (Key, error) {
	path := filepath.Join(dir, keyFile)
	raw, err := regular.ReadNamed(path, regular.MaxText)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path)
	}
	if err != nil {
		return Key{}, err
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return Key{}, record.Wrongf(path, "it is no key in PEM: remove it, and enrol the machine again", "不是 PEM 格式的密钥：请删除并重新登记本机")
	}
	any, err := smx509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := any.(*sm2.PrivateKey)
	if err != nil || !ok {
		return Key{}, record.Wrongf(path, "it is no SM2 key: remove it, and enrol the machine again", "不是 SM2 密钥：请删除并重新登记本机")
	}
	return keyOf(private)
}

// makeKey writes a new key to a path.
func makeKey(path string) (Key, error) {
	private, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, err
	}
	der, err := smx509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return Key{}, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return Key{}, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Key{}, err
	}
	err = errors.Join(pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der}), f.Sync(), f.Close())
	if err != nil {
		return Key{}, errors.Join(err, os.Remove(path))
	}
	return keyOf(private)
}

func keyOf(private *sm2.PrivateKey) (Key, error) {
	der, err := smx509.MarshalPKIXPublicKey(private.Public())
	return Key{private, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))}, err
}

// Public returns the public key as PEM.
func (k Key) Public() string { return k.public }

// Sign sets the digest and the signature of a result.
func (k Key) Sign(r *Result) error {
	r.Digest = digest(r.Frames)
	var err error
	r.Signature, err = k.private.Sign(rand.Reader, r.signed(), sm2.DefaultSM2SignerOpts)
	return err
}

// digest returns "sm3:" and the SM3 hash of frames.
func digest(frames []byte) string {
	sum := sm3.Sum(frames)
	return "sm3:" + hex.EncodeToString(sum[:])
}

// signed returns what the machine signs of a result: all that it says.
func (r Result) signed() []byte {
	lost := ""
	if r.Lost != nil {
		lost = r.Lost.In("en")
	}
	return fmt.Appendf(nil, "xcmatrix fleet result %d\nrun %s\njob %s\nmachine %s\nlease %d\nlost %q\nframes %s\n",
		r.V, r.Run, r.Job, r.Machine, r.Lease, lost, r.Digest)
}

// Verify returns an error unless the result is signed by the key, which is PEM, and its frames are those that were signed.
func (r Result) Verify(key string) error {
	public, err := parsePublic(key)
	switch {
	case err != nil:
		return err
	case r.Digest != digest(r.Frames):
		return fmt.Errorf("the frames of job %s are not those that machine %s signed", r.Job, r.Machine)
	case !sm2.VerifyASN1WithSM2(public, nil, r.signed(), r.Signature):
		return fmt.Errorf("the signature of job %s is not of machine %s", r.Job, r.Machine)
	}
	return nil
}

func parsePublic(key string) (*ecdsa.PublicKey, error) {
	block, _ := pem.Decode([]byte(key))
	if block == nil {
		return nil, errors.New("the machine's key is no PEM")
	}
	any, err := smx509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	public, ok := any.(*ecdsa.PublicKey)
	if !ok || public.Curve != sm2.P256() {
		return nil, errors.New("the machine's key is no SM2 key")
	}
	return public, nil
}

// Fingerprint returns "sm3:" and the SM3 hash of a public key's SubjectPublicKeyInfo; "" if it is no key.
func Fingerprint(key string) string {
	block, _ := pem.Decode([]byte(key))
	if block == nil {
		return ""
	}
	return digest(block.Bytes)
}
