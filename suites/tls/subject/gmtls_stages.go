package subject

import (
	"crypto/rand"
	"errors"
	"io"
	"net"

	"github.com/tjfoc/gmsm/gmtls"
	"github.com/tjfoc/gmsm/x509"

	"github.com/xcmatrix/xcmatrix/suites/tls/pki"
	"github.com/xcmatrix/xcmatrix/suites/tls/tlcp"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// StagedGmtls returns a client of gmtls that tells the end of three stages: the parsing of certificates, the verification of both
// chains and that of the signature. For the chains it has gmtls call a function that does what gmtls does by default. The server shows
// the certificates of identity.
func StagedGmtls(s Setup, identity *tlcp.Identity) (func(raw net.Conn, lap func(stage string)) (io.ReadWriter, error), error) {
	base, err := gmtlsConfig(s)
	if err != nil {
		return nil, err
	}
	var shown []*x509.Certificate
	for _, i := range []*pki.Identity{identity.Sign, identity.Encrypt} {
		c, err := x509.ParseCertificate(i.Chain[0])
		if err != nil {
			return nil, err
		}
		shown = append(shown, c)
	}
	return func(raw net.Conn, lap func(stage string)) (io.ReadWriter, error) {
		config := base.Clone()
		source := &drawn{Reader: rand.Reader}
		config.Rand, config.InsecureSkipVerify = source, true
		config.VerifyPeerCertificate = func(certificates [][]byte, _ [][]*x509.Certificate) error {
			lap(wire.ParseChain)
			for i, c := range shown {
				if string(c.Raw) != string(certificates[i]) {
					return errors.New("the server shows another certificate")
				}
				if _, err := c.Verify(x509.VerifyOptions{Roots: config.RootCAs, DNSName: config.ServerName, Intermediates: x509.NewCertPool()}); err != nil {
					return err
				}
			}
			lap(wire.VerifyChain)
			source.first = func() { lap(wire.VerifySignature) } // the pre-master secret comes next
			return nil
		}
		c := gmtls.Client(raw, config)
		return c, c.Handshake()
	}, nil
}

// drawn calls first once, before random bytes are drawn.
type drawn struct {
	io.Reader
	first func()
}

func (d *drawn) Read(b []byte) (int, error) {
	if d.first != nil {
		d.first()
		d.first = nil
	}
	return d.Reader.Read(b)
}
