package tls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	stdtls "crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/tls/rfc8998"
	"github.com/xcmatrix/xcmatrix/suites/tls/subject"
	"github.com/xcmatrix/xcmatrix/suites/tls/tlcp"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// scheme is a kind of handshake that is measured, with its server authenticated and its chain verified.
type scheme struct {
	name   string
	client func(raw net.Conn, m *meter) (io.ReadWriter, error) // m is nil where stages do not matter
	server func(raw net.Conn) (io.ReadWriter, error)
}

// schemeNames returns the names that schemeOf knows.
func schemeNames() []string {
	return []string{"RFC8998-GCM", "RFC8998-CCM", "TLCP-GCM", "TLCP-CBC", tjfocScheme, baseScheme, "TLS1.3-X25519MLKEM768", "TLS1.2-P256"}
}

const (
	baseScheme  = "TLS1.3-P256"    // that the others are compared with
	tjfocScheme = "TLCP-CBC-tjfoc" // that articles measured
)

// schemeOf makes a scheme ready: its certificates are issued once.
func schemeOf(name string) scheme {
	GinkgoHelper()
	c, err := identities()
	check.NoError(err)
	switch name {
	case "RFC8998-GCM":
		return ownTLS13(name, c, wire.TLS_SM4_GCM_SM3)
	case "RFC8998-CCM":
		return ownTLS13(name, c, wire.TLS_SM4_CCM_SM3)
	case "TLCP-GCM":
		return ownTLCP(name, c, wire.ECC_SM4_GCM_SM3)
	case "TLCP-CBC":
		return ownTLCP(name, c, wire.ECC_SM4_CBC_SM3)
	case tjfocScheme:
		return tjfoc(c)
	case "TLS1.2-P256":
		return standard(name, &stdtls.Config{MinVersion: stdtls.VersionTLS12, MaxVersion: stdtls.VersionTLS12,
			CurvePreferences: []stdtls.CurveID{stdtls.CurveP256}})
	case "TLS1.3-X25519MLKEM768":
		return standard(name, &stdtls.Config{MinVersion: stdtls.VersionTLS13, CurvePreferences: []stdtls.CurveID{stdtls.X25519MLKEM768}})
	}
	return standard(name, &stdtls.Config{MinVersion: stdtls.VersionTLS13, CurvePreferences: []stdtls.CurveID{stdtls.CurveP256}})
}

// ownTLS13 returns the scheme of the suite's own TLS 1.3 peers with one cipher suite.
func ownTLS13(name string, c certified, suite wire.CipherSuite) scheme {
	suites, roots := []wire.CipherSuite{suite}, c.root.Pool()
	return scheme{name,
		func(raw net.Conn, m *meter) (io.ReadWriter, error) {
			config := rfc8998.Config{Random: rand.Reader, Roots: roots, Host: serverHost, Suites: suites}
			raw, config.Lap = m.watch(raw)
			return rfc8998.Client(raw, config)
		},
		func(raw net.Conn) (io.ReadWriter, error) {
			return rfc8998.Server(raw, rfc8998.Config{Random: rand.Reader, Identity: c.server.Sign, Suites: suites})
		}}
}

// ownTLCP returns the scheme of the suite's own TLCP peers with one cipher suite.
func ownTLCP(name string, c certified, suite wire.CipherSuite) scheme {
	suites, roots := []wire.CipherSuite{suite}, c.root.Pool()
	return scheme{name,
		func(raw net.Conn, m *meter) (io.ReadWriter, error) {
			config := tlcp.Config{Random: rand.Reader, Roots: roots, Host: serverHost, Suites: suites}
			raw, config.Lap = m.watch(raw)
			return tlcp.Client(raw, config)
		},
		func(raw net.Conn) (io.ReadWriter, error) {
			return tlcp.Server(raw, tlcp.Config{Random: rand.Reader, Identity: &c.server, Suites: suites})
		}}
}

// tjfoc returns the scheme of tjfoc's gmtls at both ends. What it does not tell, its connection shows.
func tjfoc(c certified) scheme {
	GinkgoHelper()
	setup := subject.Setup{Root: c.root, Host: serverHost}
	client, err := subject.StagedGmtls(setup, &c.server)
	check.NoError(err)
	return scheme{tjfocScheme,
		func(raw net.Conn, m *meter) (io.ReadWriter, error) {
			if m == nil {
				return subject.Gmtls().Client(raw, setup)
			}
			verified := false
			conn, err := client(&metered{Conn: raw, m: m, event: func(e event) {
				switch {
				case e == wasRead && !m.hello:
					m.lap(wire.WaitHello)
				case e == willWrite && verified:
					m.lap(wire.KeyAgreement + " + " + wire.KeySchedule)
					verified = false
				}
			}}, func(stage string) {
				m.lap(stage)
				verified = verified || stage == wire.VerifySignature
			})
			m.lap(wire.Finish)
			return conn, err
		},
		func(raw net.Conn) (io.ReadWriter, error) {
			return subject.Gmtls().Server(raw, subject.Setup{Identity: &c.server})
		}}
}

// standard is a handshake of crypto/tls with an ECDSA P-256 certificate. Its key exchange is pinned: the default would be
// post-quantum.
func standard(name string, base *stdtls.Config) scheme {
	GinkgoHelper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check.NoError(err)
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: serverHost}, DNSNames: []string{serverHost},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	root, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	check.NoError(err)
	parsed, err := x509.ParseCertificate(root)
	check.NoError(err)
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check.NoError(err)
	leaf := *template
	leaf.SerialNumber, leaf.IsCA, leaf.KeyUsage = big.NewInt(2), false, x509.KeyUsageDigitalSignature
	leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	der, err := x509.CreateCertificate(rand.Reader, &leaf, parsed, &leafKey.PublicKey, key)
	check.NoError(err)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	client, server := base.Clone(), base.Clone()
	client.RootCAs, client.ServerName = pool, serverHost
	server.Certificates = []stdtls.Certificate{{Certificate: [][]byte{der}, PrivateKey: leafKey}}
	server.SessionTicketsDisabled = true
	return scheme{name,
		func(raw net.Conn, m *meter) (io.ReadWriter, error) {
			if m == nil {
				c := stdtls.Client(raw, client)
				return c, c.Handshake()
			}
			c := standardStages(raw, client, m)
			err := c.Handshake()
			m.lap(wire.Finish)
			return c, err
		},
		func(raw net.Conn) (io.ReadWriter, error) {
			c := stdtls.Server(raw, server)
			return c, c.Handshake()
		}}
}

// standardStages returns a client of crypto/tls that has laps where the package calls something: it logs secrets behind key agreement
// and key schedule, and in TLS 1.3 again behind the server's Finished; it has the chain verified by a function. In TLS 1.2 the
// client's key and the agreement come after the chain.
func standardStages(raw net.Conn, base *stdtls.Config, m *meter) *stdtls.Conn {
	config := base.Clone()
	tls13 := config.MaxVersion != stdtls.VersionTLS12
	config.InsecureSkipVerify = true // the function below verifies as the package does
	config.VerifyConnection = func(s stdtls.ConnectionState) error {
		m.lap(wire.ParseChain)
		_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: base.RootCAs, DNSName: base.ServerName, Intermediates: x509.NewCertPool()})
		m.lap(wire.VerifyChain)
		return err
	}
	secrets := 0
	config.KeyLogWriter = writerFunc(func() {
		switch secrets++; {
		case secrets == 1 && tls13:
			m.lap(wire.KeyAgreement + " + " + wire.KeySchedule)
		case secrets == 3 && tls13:
			m.lap(wire.VerifySignature)
		case secrets == 1:
			m.lap(wire.OwnKey + " + " + wire.KeyAgreement + " + " + wire.KeySchedule + " + " + wire.VerifySignature)
		}
	})
	return stdtls.Client(&metered{Conn: raw, m: m, event: func(e event) {
		switch {
		case e == wasRead && !m.hello:
			m.lap(wire.WaitHello)
		case e == wasWritten && !m.hello && tls13:
			m.lap(wire.OwnKey)
		}
	}}, config)
}

// writerFunc is an io.Writer that is called for each line.
type writerFunc func()

func (f writerFunc) Write(b []byte) (int, error) { f(); return len(b), nil }
