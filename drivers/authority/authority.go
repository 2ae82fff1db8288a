// Package authority issues certificates for tests of TLS: a root certificate, and server certificates that it signs.
package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net"
	"strings"
	"time"
)

// Authority is a root certificate and its key. The key exists only in memory.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// New returns a new authority that is valid from five years ago to five years from now.
func New() (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "xcmatrix throw-away root"},
		NotBefore: now.AddDate(-5, 0, 0), NotAfter: now.AddDate(5, 0, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return &Authority{certificate: certificate, key: key}, err
}

// PEM returns the root certificate as PEM.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})
}

// inline is the prefix of a root certificate that is part of a data source name. A file name would not do, because another machine
// may read the data source name.
const inline = "inline:"

// Inline returns the root certificate as text for a data source name. See Roots.
func (a *Authority) Inline() string {
	return inline + base64.RawURLEncoding.EncodeToString(a.certificate.Raw)
}

// Roots returns the pool of roots in a text from Inline. It returns false for any other text, such as a file name.
func Roots(text string) (*x509.CertPool, bool) {
	encoded, ok := strings.CutPrefix(text, inline)
	if !ok {
		return nil, false
	}
	der, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return nil, false
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, false
	}
	pool := x509.NewCertPool()
	pool.AddCert(certificate)
	return pool, true
}

// Pair is a server certificate and its key.
type Pair struct{ Certificate, Key []byte } // PEM

// Issue returns a server certificate for host names and addresses, valid until end.
func (a *Authority) Issue(end time.Time, hosts ...string) (Pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Pair{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "xcmatrix throw-away server"},
		NotBefore: a.certificate.NotBefore, NotAfter: end, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		return Pair{}, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	return Pair{Certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		Key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})}, err
}

// Server returns a TLS configuration for a server with the pair.
func (p Pair) Server() (*tls.Config, error) {
	certificate, err := tls.X509KeyPair(p.Certificate, p.Key)
	return &tls.Config{Certificates: []tls.Certificate{certificate}}, err
}
