package tls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	stdtls "crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/tls/pair"
	"github.com/xcmatrix/xcmatrix/suites/tls/rfc8998"
	"github.com/xcmatrix/xcmatrix/suites/tls/subject"
	"github.com/xcmatrix/xcmatrix/suites/tls/tlcp"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// scheme is a kind of handshake that is measured, with its server authenticated and its chain verified.
type scheme struct {
	name           string
	client, server func(raw net.Conn, lap func(stage string)) (io.ReadWriter, error)
}

// speed measures whole handshakes, both ends in one process, and the stages of those that the suite's own client makes.
func speed() {
	list := schemeNames()
	for _, name := range list {
		It("handshake "+name, check.Bench(), func() {
			s := schemeOf(name)
			check.Benchmark("handshake/"+name, func(b *testing.B) {
				check.BeforeLoop(b)
				for b.Loop() {
					if err := s.shake(nil); err != nil {
						check.Fatal(b, err)
					}
				}
				check.AfterLoop(b)
			})
		})
	}
	for _, name := range list[:staged] {
		It("stages of "+name, check.Bench(), func() {
			stages(name, schemeOf(name))
		})
	}
}

// stages samples the time of each of the client's stages in a handshake, and of the handshake, in ns/op. The stages follow one
// another without a gap: what they add up to is the handshake.
func stages(name string, s scheme) {
	GinkgoHelper()
	n := check.IfNative(60, 1)
	for range check.IfNative(5, 1) {
		var order []string
		sums := map[string]time.Duration{}
		for range n {
			last := time.Now()
			check.NoError(s.shake(func(stage string) {
				now := time.Now()
				if _, seen := sums[stage]; !seen {
					order = append(order, stage)
				}
				sums[stage] += now.Sub(last)
				sums[whole] += now.Sub(last)
				last = now
			}))
		}
		for _, stage := range append(order, whole) {
			check.Sample(record.Sample{Name: "stages/" + name + "/" + stage, Value: float64(sums[stage].Nanoseconds()) / float64(n),
				Unit: "ns/op", Better: record.Lower, N: n})
		}
	}
}

// whole is the name of the client's whole handshake among its stages.
const whole = "handshake"

// shake makes one handshake over a connection of the kernel's.
func (s scheme) shake(lap func(stage string)) error {
	_, patience := patience()
	a, b, err := pair.New(patience)
	if err != nil {
		return err
	}
	defer a.Close()
	defer b.Close()
	done := make(chan error, 1)
	go func() {
		_, err := s.server(b, nil)
		done <- err
	}()
	_, errClient := s.client(a, lap)
	if errClient != nil {
		a.Close()
	}
	return errors.Join(errClient, <-done)
}

// staged are the first of schemeNames: those that the suite's own client makes, and can tell the stages of.
const staged = 4

// schemeNames returns the names that schemeOf knows.
func schemeNames() []string {
	return []string{"RFC8998-GCM", "RFC8998-CCM", "TLCP-GCM", "TLCP-CBC", "TLCP-CBC-tjfoc", "TLS1.3-P256", "TLS1.3-X25519MLKEM768", "TLS1.2-P256"}
}

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
	case "TLCP-CBC-tjfoc":
		return subjectScheme(name, c, subject.Gmtls())
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
	suites := []wire.CipherSuite{suite}
	return scheme{name,
		func(raw net.Conn, lap func(string)) (io.ReadWriter, error) {
			return rfc8998.Client(raw, rfc8998.Config{Random: rand.Reader, Roots: c.root.Pool(), Host: serverHost, Suites: suites, Lap: lap})
		},
		func(raw net.Conn, _ func(string)) (io.ReadWriter, error) {
			return rfc8998.Server(raw, rfc8998.Config{Random: rand.Reader, Identity: c.server.Sign, Suites: suites})
		}}
}

// ownTLCP returns the scheme of the suite's own TLCP peers with one cipher suite.
func ownTLCP(name string, c certified, suite wire.CipherSuite) scheme {
	suites := []wire.CipherSuite{suite}
	return scheme{name,
		func(raw net.Conn, lap func(string)) (io.ReadWriter, error) {
			return tlcp.Client(raw, tlcp.Config{Random: rand.Reader, Roots: c.root.Pool(), Host: serverHost, Suites: suites, Lap: lap})
		},
		func(raw net.Conn, _ func(string)) (io.ReadWriter, error) {
			return tlcp.Server(raw, tlcp.Config{Random: rand.Reader, Identity: &c.server, Suites: suites})
		}}
}

// subjectScheme returns the scheme of a library under test, as client and as server.
func subjectScheme(name string, c certified, s subject.Subject) scheme {
	return scheme{name,
		func(raw net.Conn, _ func(string)) (io.ReadWriter, error) {
			return s.Client(raw, subject.Setup{Root: c.root, Host: serverHost})
		},
		func(raw net.Conn, _ func(string)) (io.ReadWriter, error) {
			return s.Server(raw, subject.Setup{Identity: &c.server})
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
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	check.NoError(err)
	root, err := x509.ParseCertificate(der)
	check.NoError(err)
	pool := x509.NewCertPool()
	pool.AddCert(root)
	client, server := base.Clone(), base.Clone()
	client.RootCAs, client.ServerName = pool, serverHost
	server.Certificates = []stdtls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}
	server.SessionTicketsDisabled = true
	return scheme{name,
		func(raw net.Conn, _ func(string)) (io.ReadWriter, error) {
			c := stdtls.Client(raw, client)
			return c, c.Handshake()
		},
		func(raw net.Conn, _ func(string)) (io.ReadWriter, error) {
			c := stdtls.Server(raw, server)
			return c, c.Handshake()
		}}
}
