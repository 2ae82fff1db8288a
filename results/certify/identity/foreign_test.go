package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/pkcs"
	"github.com/emmansun/gmsm/pkcs8"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// told holds an error against the file that it is to name, and words of the true reason.
func told(t *testing.T, name string, err error, place, words string) {
	t.Helper()
	var p *record.Problem
	if !errors.As(err, &p) || p.Place != place || !strings.Contains(p.En, words) || p.Zh == "" || strings.Contains(p.Error(), "\n") {
		t.Errorf("%s: %v, want %s: … %s", name, err, place, words)
	}
}

// TestForeignRoots: keygen says which file cannot be a root, and why.
func TestForeignRoots(t *testing.T) {
	good, other := create(t, Request{}), create(t, Request{})
	signer, err := Open(good, passphrase, now)
	if err != nil {
		t.Fatal(err)
	}
	made := func(change func(*smx509.Certificate)) string {
		key, err := newKey()
		if err != nil {
			t.Fatal(err)
		}
		c := &smx509.Certificate{Subject: pkix.Name{CommonName: "made"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
			KeyUsage: smx509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true}
		change(c)
		root, err := issue(c, c, key, key)
		if err != nil {
			t.Fatal(err)
		}
		return string(certificatePEM(root))
	}
	for name, c := range map[string]struct{ file, text, words string }{
		"CA:FALSE":          {RootFile, read(t, "testdata", "root_nca2.pem"), "CA:FALSE"},
		"another SM2 ID":    {RootFile, read(t, "testdata", "root_id.pem"), "signed with another ID"},
		"another curve":     {RootFile, standardRoot(t, elliptic.P256()), "a key for ECDSA P-256, not for SM2"},
		"RSA":               {RootFile, standardRoot(t, nil), "a key for RSA 2048, not for SM2"},
		"no basic":          {RootFile, made(func(c *smx509.Certificate) { c.BasicConstraintsValid, c.IsCA = false, false }), "no certification authority"},
		"not to sign":       {RootFile, made(func(c *smx509.Certificate) { c.KeyUsage = smx509.KeyUsageCRLSign }), "lacks keyCertSign"},
		"a signer's":        {RootFile, string(certificatePEM(signer.Chain.Leaf)), "a root certificate is its own issuer"},
		"another's":         {RootFile, read(t, other, RootFile), "not for the key in"},
		"a key":             {RootFile, read(t, good, RootKeyFile), `no certificate in PEM but "ENCRYPTED PRIVATE KEY"`},
		"a whole chain":     {RootFile, read(t, good, RootFile) + read(t, good, RootFile), "more than one certificate"},
		"a certificate":     {RootKeyFile, read(t, good, RootFile), "this is a certificate"},
		"a plain key":       {RootKeyFile, plainKey(t), "this is no encrypted key: whoever reads the file can sign"},
		"PBES1":             {RootKeyFile, pbes1Key(t), "encrypted with PBES1"},
		"another algorithm": {RootKeyFile, encryptedKey(t, ecdsaKey(t, elliptic.P256())), "the key is for ECDSA P-256, not for SM2"},
		"an RSA key":        {RootKeyFile, encryptedKey(t, rsaKey(t)), "the key is for RSA 2048, not for SM2"},
		"endless rounds":    {RootKeyFile, endlessKey(t), "more work than any passphrase needs"},
	} {
		dir := t.TempDir()
		for _, f := range []string{RootFile, RootKeyFile} {
			move(t, good, dir, f)
		}
		write(t, dir, c.file, c.text)
		out := filepath.Join(t.TempDir(), "key")
		started := time.Now()
		err := Create(out, Request{Name: "x", Days: 1, Root: dir, Passphrase: passphrase, Now: now})
		told(t, name, err, filepath.Join(dir, c.file), c.words)
		if _, err := os.Lstat(out); err == nil {
			t.Errorf("%s: something was made", name)
		}
		if took := time.Since(started); took > 5*time.Second {
			t.Errorf("%s: %v", name, took)
		}
	}
}

// TestForeignSigners: certify says which file cannot be a signer's, and why.
func TestForeignSigners(t *testing.T) {
	good := create(t, Request{})
	signer, err := Open(good, passphrase, now)
	if err != nil {
		t.Fatal(err)
	}
	root := string(certificatePEM(signer.Chain.Root))
	for name, c := range map[string]struct{ file, text, words string }{
		"root CA:FALSE":   {ChainFile, string(certificatePEM(signer.Chain.Leaf)) + read(t, "testdata", "root_nca2.pem"), "CA:FALSE"},
		"another's root":  {ChainFile, string(certificatePEM(signer.Chain.Leaf)) + read(t, create(t, Request{}), RootFile), "the signature in it is not the root's"},
		"root as signer":  {ChainFile, root + root, "not for the key beside it, in key.pem"},
		"PBES1":           {KeyFile, pbes1Key(t), "encrypted with PBES1"},
		"plain key":       {KeyFile, plainKey(t), "no encrypted key"},
		"another's curve": {KeyFile, encryptedKey(t, ecdsaKey(t, elliptic.P384())), "ECDSA P-384, not for SM2"},
		"root alone":      {ChainFile, root, "it holds 1 certificates"},
	} {
		dir := t.TempDir()
		for _, f := range []string{KeyFile, ChainFile} {
			move(t, good, dir, f)
		}
		write(t, dir, c.file, c.text)
		_, err := Open(dir, passphrase, now)
		told(t, name, err, filepath.Join(dir, c.file), c.words)
	}
}

func ecdsaKey(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func rsaKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// standardRoot is a root of a standard curve, or of RSA.
func standardRoot(t *testing.T, curve elliptic.Curve) string {
	t.Helper()
	var public any
	var private any
	if curve == nil {
		k := rsaKey(t)
		public, private = &k.PublicKey, k
	} else {
		k := ecdsaKey(t, curve)
		public, private = &k.PublicKey, k
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "standard"}, NotBefore: now.Add(-time.Hour),
		NotAfter: now.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: pemCertificate, Bytes: der}))
}

func encryptedKey(t *testing.T, key any) string {
	t.Helper()
	der, err := pkcs8.MarshalPrivateKey(key, passphrase, pkcs.NewPBESEncrypter(pkcs.AES256CBC, pkcs.NewPBKDF2Opts(pkcs.SHA256, 16, 1000)))
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: pemKey, Bytes: der}))
}

func plainKey(t *testing.T) string {
	t.Helper()
	key, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := smx509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func pbes1Key(t *testing.T) string {
	t.Helper()
	key, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	by, err := pkcs.NewPbeWithSHA1AndDESCBC(rand.Reader, 8, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := pkcs8.MarshalPrivateKey(key, passphrase, by)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: pemKey, Bytes: der}))
}

// endlessKey asks for 2,000,000,000 rounds of PBKDF2.
func endlessKey(t *testing.T) string {
	t.Helper()
	block, _ := pem.Decode([]byte(encryptedKey(t, ecdsaKey(t, elliptic.P256()))))
	var file struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	var pbes2 struct{ KDF, Cipher pkix.AlgorithmIdentifier }
	var p struct {
		Salt   []byte
		Rounds int
		Hash   pkix.AlgorithmIdentifier `asn1:"optional"`
	}
	unmarshal := func(raw []byte, into any) {
		if _, err := asn1.Unmarshal(raw, into); err != nil {
			t.Fatal(err)
		}
	}
	marshal := func(v any) []byte {
		raw, err := asn1.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	unmarshal(block.Bytes, &file)
	unmarshal(file.Algorithm.Parameters.FullBytes, &pbes2)
	unmarshal(pbes2.KDF.Parameters.FullBytes, &p)
	p.Rounds = 2_000_000_000
	pbes2.KDF.Parameters = asn1.RawValue{FullBytes: marshal(p)}
	file.Algorithm.Parameters = asn1.RawValue{FullBytes: marshal(pbes2)}
	return string(pem.EncodeToMemory(&pem.Block{Type: pemKey, Bytes: marshal(file)}))
}
