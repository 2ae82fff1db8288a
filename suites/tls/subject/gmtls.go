package subject

import (
	"fmt"
	"io"
	"net"
	"time"

	"github.com/tjfoc/gmsm/gmtls"
	"github.com/tjfoc/gmsm/sm2"
	"github.com/tjfoc/gmsm/x509"

	"github.com/xcmatrix/xcmatrix/suites/tls/pki"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// Gmtls is github.com/tjfoc/gmsm/gmtls, configured as its README says.
func Gmtls() Subject {
	return Subject{
		Name: "tjfoc", Module: "github.com/tjfoc/gmsm", Version: wire.TLCP,
		Suites: []wire.CipherSuite{wire.ECC_SM4_CBC_SM3},
		Client: func(raw net.Conn, s Setup) (io.ReadWriter, error) { return gmtlsShake(raw, s, gmtls.Client) },
		Server: func(raw net.Conn, s Setup) (io.ReadWriter, error) { return gmtlsShake(raw, s, gmtls.Server) },
	}
}

func gmtlsShake(raw net.Conn, s Setup, side func(net.Conn, *gmtls.Config) *gmtls.Conn) (io.ReadWriter, error) {
	config, err := gmtlsConfig(s)
	if err != nil {
		return nil, err
	}
	c := side(raw, config)
	return c, c.Handshake()
}

func gmtlsConfig(s Setup) (*gmtls.Config, error) {
	config := &gmtls.Config{GMSupport: gmtls.NewGMSupport(), ServerName: s.Host, Rand: s.Random}
	if !s.Now.IsZero() {
		config.Time = func() time.Time { return s.Now }
	}
	for _, suite := range s.Suites {
		config.CipherSuites = append(config.CipherSuites, uint16(suite))
	}
	if s.Root != nil {
		root, err := x509.ParseCertificate(s.Root.Leaf.Raw)
		if err != nil {
			return nil, fmt.Errorf("root: %w", err)
		}
		config.RootCAs, config.ClientCAs = x509.NewCertPool(), x509.NewCertPool()
		config.RootCAs.AddCert(root)
		config.ClientCAs.AddCert(root)
		config.ClientAuth = gmtls.RequireAndVerifyClientCert
	}
	if s.Identity != nil {
		config.Certificates = append(config.Certificates, gmtlsCertificate(s.Identity.Sign))
		if s.Identity.Encrypt != nil {
			config.Certificates = append(config.Certificates, gmtlsCertificate(s.Identity.Encrypt))
		}
	}
	return config, nil
}

func gmtlsCertificate(i *pki.Identity) gmtls.Certificate {
	key := &sm2.PrivateKey{D: i.Key.D}
	key.PublicKey = sm2.PublicKey{Curve: sm2.P256Sm2(), X: i.Key.X, Y: i.Key.Y}
	return gmtls.Certificate{Certificate: i.Chain, PrivateKey: key}
}
