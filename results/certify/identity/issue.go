package identity

import (
	"crypto/rand"
	"crypto/x509/pkix"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/results/temporary"
)

// The files of a directory that Create makes.
const (
	KeyFile     = "key.pem"      // the signer's key, encrypted
	ChainFile   = "chain.pem"    // the signer's certificate and the root's
	RootFile    = "root.pem"     // the root's certificate, for those who verify
	RootKeyFile = "root-key.pem" // the root's key, encrypted; it only issues signers and should be kept elsewhere
)

const (
	rootYears = 10
	// LeafDays is how long a signer's certificate is valid by default, in days.
	LeafDays = 730
)

// Request says what Create makes.
type Request struct {
	Name       string // who signs: a laboratory, a person
	Days       int    // for which the signer's certificate is valid
	Root       string // directory with the root.pem and root-key.pem that issue the signer; "" for a new root
	Passphrase []byte // of every key file
	Now        time.Time
}

// Create makes the directory dir with a new signer, whole or not at all. It fails if dir exists, or if the root cannot be
// opened.
func Create(dir string, q Request) error {
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		return record.Wrongf(dir, "it exists already: keys are never overwritten", "该路径已存在：不会覆盖已有密钥")
	}
	if q.Days < 1 || q.Days > rootYears*365 {
		return record.Wrongf("", "%d days is no time for which a certificate can be valid", "证书有效期不能是 %d 天", q.Days)
	}
	files, err := q.files()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	tmp, err := temporary.Dir(filepath.Dir(dir), ".keygen-*") // readable for its owner alone
	if err != nil {
		return err
	}
	defer temporary.Remove(tmp)
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(tmp, name), content, 0o600); err != nil {
			return err
		}
	}
	return os.Rename(tmp, dir)
}

// files returns the files of the directory, by name.
func (q Request) files() (map[string][]byte, error) {
	files := map[string][]byte{}
	root, rootKey, err := q.root(files)
	if err != nil {
		return nil, err
	}
	if err := validAt(root, q.Now); err != nil {
		return nil, at(filepath.Join(q.Root, RootFile), err)
	}
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	end := q.Now.AddDate(0, 0, q.Days)
	if end.After(root.NotAfter) {
		end = root.NotAfter
	}
	leaf, err := issue(&smx509.Certificate{
		Subject: pkix.Name{CommonName: q.Name}, NotBefore: q.Now.Add(-time.Minute), NotAfter: end,
		KeyUsage: smx509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
	}, root, key, rootKey)
	if err != nil {
		return nil, err
	}
	files[ChainFile] = Chain{Leaf: leaf, Root: root}.PEM()
	files[KeyFile], err = key.encrypted(q.Passphrase)
	return files, err
}

// root returns the root certificate that issues the signer, and its key: the root that q names, or a new one, whose files
// it adds to files.
func (q Request) root(files map[string][]byte) (*smx509.Certificate, Key, error) {
	if q.Root != "" {
		return openRoot(q.Root, q.Passphrase)
	}
	key, err := newKey()
	if err != nil {
		return nil, key, err
	}
	template := &smx509.Certificate{
		Subject: pkix.Name{CommonName: q.Name + " root"}, NotBefore: q.Now.Add(-time.Minute), NotAfter: q.Now.AddDate(rootYears, 0, 0),
		KeyUsage: smx509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
	}
	root, err := issue(template, template, key, key)
	if err != nil {
		return nil, key, err
	}
	files[RootFile] = certificatePEM(root)
	files[RootKeyFile], err = key.encrypted(q.Passphrase)
	return root, key, err
}

// openRoot reads the root certificate and its key in a directory.
func openRoot(dir string, passphrase []byte) (*smx509.Certificate, Key, error) {
	key, err := openKey(filepath.Join(dir, RootKeyFile), passphrase)
	if err != nil {
		return nil, key, err
	}
	path := filepath.Join(dir, RootFile)
	text, err := regular.ReadNamed(path, regular.MaxText)
	if err != nil {
		return nil, key, err
	}
	root, err := ParseRoot(path, text)
	if err != nil {
		return nil, key, err
	}
	if !sameKey(root, key) {
		return nil, key, record.Wrongf(path, "the certificate is not for the key in %s", "证书与 %s 中的密钥不匹配", filepath.Join(dir, RootKeyFile))
	}
	return root, key, nil
}

// issue returns a certificate for key, signed by the issuer's key parentKey. The serial number is 128 random bits.
func issue(template, parent *smx509.Certificate, key, parentKey Key) (*smx509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial.Add(serial, big.NewInt(1))
	template.SignatureAlgorithm = smx509.SM2WithSM3
	der, err := smx509.CreateCertificate(rand.Reader, template, parent, key.private.Public(), parentKey.private)
	if err != nil {
		return nil, err
	}
	return smx509.ParseCertificate(der)
}

// Signer is a key with its chain.
type Signer struct {
	Key
	Chain Chain
}

// Open reads a directory that Create made. It returns a *record.Problem if the signer may not sign at the time now, or if
// the passphrase is wrong.
func Open(dir string, passphrase []byte, now time.Time) (Signer, error) {
	key, err := openKey(filepath.Join(dir, KeyFile), passphrase)
	if err != nil {
		return Signer{}, err
	}
	path := filepath.Join(dir, ChainFile)
	text, err := regular.ReadNamed(path, regular.MaxText)
	if err != nil {
		return Signer{}, err
	}
	chain, err := ParseChain(path, text)
	if err != nil {
		return Signer{}, err
	}
	if !sameKey(chain.Leaf, key) {
		return Signer{}, record.Wrongf(path, "the certificate is not for the key beside it, in %s", "证书与同目录 %s 中的密钥不匹配", KeyFile)
	}
	if err := chain.Check(now); err != nil {
		return Signer{}, at(path, err)
	}
	return Signer{Key: key, Chain: chain}, nil
}

// sameKey reports whether a certificate is for a key.
func sameKey(c *smx509.Certificate, key Key) bool {
	own, errOwn := key.KeyID()
	id, err := fingerprint(c.PublicKey)
	return err == nil && errOwn == nil && id == own
}

// at returns err with place, if it is a *record.Problem without one.
func at(place string, err error) error {
	var p *record.Problem
	if errors.As(err, &p) && p.Place == "" {
		placed := *p
		placed.Place = place
		return &placed
	}
	return err
}
