package broker

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"time"
)

// hubName is the name in the hub's certificate, which everybody expects whatever its address is: the authority signs nothing else.
const hubName = "xcmatrix-hub"

// years for which the hub's certificates are valid. A member must be enrolled again afterwards.
const years = 20

// authority has the certificate of a hub's own authority, and that of the hub with its key, as PEM. The authority's key is
// forgotten once the hub's certificate is signed.
type authority struct {
	Certificate string `json:"certificate"`
	Hub         string `json:"hub"`
	HubKey      string `json:"hub_key"`
}

// newAuthority returns a new authority.
func newAuthority() (authority, error) {
	root, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return authority{}, err
	}
	leaf, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return authority{}, err
	}
	from := time.Now().Add(-24 * time.Hour) // clocks of machines differ
	top := &x509.Certificate{SerialNumber: big.NewInt(from.UnixNano()), Subject: pkix.Name{CommonName: "xcmatrix hub authority"},
		NotBefore: from, NotAfter: from.AddDate(years, 0, 0), IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign}
	hub := &x509.Certificate{SerialNumber: big.NewInt(from.UnixNano() + 1), Subject: pkix.Name{CommonName: hubName}, DNSNames: []string{hubName},
		NotBefore: from, NotAfter: from.AddDate(years, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	topDER, err := x509.CreateCertificate(rand.Reader, top, top, &root.PublicKey, root)
	if err != nil {
		return authority{}, err
	}
	hubDER, err := x509.CreateCertificate(rand.Reader, hub, top, &leaf.PublicKey, root)
	if err != nil {
		return authority{}, err
	}
	key, err := x509.MarshalPKCS8PrivateKey(leaf)
	return authority{Certificate: armoured("CERTIFICATE", topDER), Hub: armoured("CERTIFICATE", hubDER), HubKey: armoured("PRIVATE KEY", key)}, err
}

func armoured(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// server returns the hub's side of TLS.
func (a authority) server() (*tls.Config, error) {
	pair, err := tls.X509KeyPair([]byte(a.Hub), []byte(a.HubKey))
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13}, err
}

// client returns the other side of TLS for a hub whose authority has this certificate.
func client(certificate string) (*tls.Config, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(certificate)) {
		return nil, errors.New("the credential's certificate is none")
	}
	return &tls.Config{RootCAs: pool, ServerName: hubName, MinVersion: tls.VersionTLS13}, nil
}
