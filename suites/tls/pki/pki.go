// Package pki issues the certificates that the tls suite's peers show: an SM2 root, intermediates, and leaves for signing
// and for encryption, as GB/T 38636-2020 §6.4.5.3 wants two of. Nothing of it is a secret or lasts.
package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

// Identity is a certificate with its private key and what stands above it, without the root.
type Identity struct {
	Chain [][]byte // DER, the identity's own certificate first
	Leaf  *smx509.Certificate
	Key   *sm2.PrivateKey
}

// Authority issues certificates, also for several goroutines.
type Authority struct {
	Identity
	random io.Reader
	now    time.Time
	last   atomic.Int64 // serial number
}

// shared is a random source for several goroutines.
type shared struct {
	mu     sync.Mutex
	source io.Reader
}

func (s *shared) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.source.Read(b)
}

// Leaf says what a certificate is for.
type Leaf struct {
	Host       string           // DNS name in SAN and common name
	Usage      smx509.KeyUsage  // 0: digital signature
	Client     bool             // for a client: extended key usage client authentication
	NotBefore  time.Time        // zero: an hour before now
	NotAfter   time.Time        // zero: a day after now
	PublicKey  crypto.PublicKey // nil: a new SM2 key
	Extensions []pkix.Extension // more extensions
}

// NewRoot returns an authority with a certificate of its own signature. random gives its key and serial numbers.
func NewRoot(random io.Reader, now time.Time, name string) (*Authority, error) {
	a := &Authority{random: &shared{source: random}, now: now}
	key, err := sm2.GenerateKey(a.random)
	if err != nil {
		return nil, err
	}
	template := a.template(name)
	asAuthority(template)
	return a, a.setIdentity(template, template, key, key, nil)
}

// Intermediate returns an authority below this one.
func (a *Authority) Intermediate(name string) (*Authority, error) {
	key, err := sm2.GenerateKey(a.random)
	if err != nil {
		return nil, err
	}
	template := a.template(name)
	asAuthority(template)
	below := &Authority{random: a.random, now: a.now}
	return below, below.setIdentity(template, a.Leaf, key, a.Key, a.above())
}

// Issue returns an identity that this authority vouches for.
func (a *Authority) Issue(leaf Leaf) (*Identity, error) {
	key, err := sm2.GenerateKey(a.random)
	if err != nil {
		return nil, err
	}
	template := a.template(leaf.Host)
	template.KeyUsage = leaf.Usage
	if leaf.Usage == 0 {
		template.KeyUsage = smx509.KeyUsageDigitalSignature
	}
	template.ExtKeyUsage = []smx509.ExtKeyUsage{smx509.ExtKeyUsageServerAuth}
	if leaf.Client {
		template.ExtKeyUsage[0] = smx509.ExtKeyUsageClientAuth
	}
	template.DNSNames, template.ExtraExtensions = []string{leaf.Host}, leaf.Extensions
	if ip := net.ParseIP(leaf.Host); ip != nil {
		template.DNSNames, template.IPAddresses = nil, []net.IP{ip}
	}
	if !leaf.NotBefore.IsZero() {
		template.NotBefore = leaf.NotBefore
	}
	if !leaf.NotAfter.IsZero() {
		template.NotAfter = leaf.NotAfter
	}
	var public crypto.PublicKey = &key.PublicKey
	if leaf.PublicKey != nil {
		public, key = leaf.PublicKey, nil
	}
	der, err := smx509.CreateCertificate(a.random, template, a.Leaf, public, a.Key)
	if err != nil {
		return nil, err
	}
	parsed, err := smx509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &Identity{append([][]byte{der}, a.above()...), parsed, key}, nil
}

// Below returns an authority with the certificate and key of an identity, whatever that was issued for. above is who issued
// it.
func Below(above *Authority, i *Identity) *Authority {
	return &Authority{Identity: *i, random: above.random, now: above.now}
}

// Pool holds the authority's own certificate as a root.
func (a *Authority) Pool() *smx509.CertPool {
	pool := smx509.NewCertPool()
	pool.AddCert(a.Leaf)
	return pool
}

// above is the chain that an identity below this authority shows: the authority's own, but not a root.
func (a *Authority) above() [][]byte {
	if a.Leaf.CheckSignatureFrom(a.Leaf) == nil {
		return nil
	}
	return a.Chain
}

// setIdentity sets the authority's certificate and key: the certificate is made of template, is issued by parent, and signed with
// signer; above is the chain of certificates that issued it.
func (a *Authority) setIdentity(template, parent *smx509.Certificate, key, signer *sm2.PrivateKey, above [][]byte) error {
	der, err := smx509.CreateCertificate(a.random, template, parent, &key.PublicKey, signer)
	if err != nil {
		return err
	}
	leaf, err := smx509.ParseCertificate(der)
	a.Identity = Identity{append([][]byte{der}, above...), leaf, key}
	return err
}

// template returns what all certificates of this authority have in common, with the next serial number.
func (a *Authority) template(name string) *smx509.Certificate {
	return &smx509.Certificate{
		SerialNumber: big.NewInt(a.last.Add(1)),
		Subject:      pkix.Name{CommonName: name, Organization: []string{"xcmatrix tls suite"}, Country: []string{"CN"}},
		NotBefore:    a.now.Add(-time.Hour),
		NotAfter:     a.now.Add(24 * time.Hour),
	}
}

func asAuthority(t *smx509.Certificate) {
	t.IsCA, t.BasicConstraintsValid = true, true
	t.KeyUsage = smx509.KeyUsageCertSign | smx509.KeyUsageCRLSign
}

// Parse returns the certificates of a chain.
func Parse(chain [][]byte) ([]*smx509.Certificate, error) {
	var all []*smx509.Certificate
	for _, der := range chain {
		c, err := smx509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// PublicKey returns a certificate's SM2 public key, or false where it has another key.
func PublicKey(c *smx509.Certificate) (*ecdsa.PublicKey, bool) {
	key, ok := c.PublicKey.(*ecdsa.PublicKey)
	return key, ok && sm2.IsSM2PublicKey(key)
}
