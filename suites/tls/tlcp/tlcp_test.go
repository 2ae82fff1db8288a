package tlcp_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"github.com/xcmatrix/xcmatrix/suites/tls/pair"
	"github.com/xcmatrix/xcmatrix/suites/tls/pki"
	"github.com/xcmatrix/xcmatrix/suites/tls/tlcp"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

const host = "server.test"

func issue(t *testing.T, a *pki.Authority, leaf pki.Leaf) *pki.Identity {
	t.Helper()
	i, err := a.Issue(leaf)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// peers are the configurations of a client and a server that agree.
func peers(t *testing.T) (client, server tlcp.Config, root *pki.Authority) {
	t.Helper()
	random := rand.NewChaCha8([32]byte{1})
	root, err := pki.NewRoot(random, time.Now(), "root")
	if err != nil {
		t.Fatal(err)
	}
	below, err := root.Intermediate("intermediate")
	if err != nil {
		t.Fatal(err)
	}
	client = tlcp.Config{Random: random, Roots: root.Pool(), Host: host,
		Identity: &tlcp.Identity{Sign: issue(t, below, pki.Leaf{Host: "client.test", Client: true})}}
	server = tlcp.Config{Random: rand.NewChaCha8([32]byte{2}), Identity: &tlcp.Identity{
		Sign:    issue(t, below, pki.Leaf{Host: host}),
		Encrypt: issue(t, below, pki.Leaf{Host: host, Usage: smx509.KeyUsageKeyEncipherment | smx509.KeyUsageDataEncipherment}),
	}}
	return client, server, root
}

// shake returns how the handshake went on each side, and the connections.
func shake(t *testing.T, client, server tlcp.Config) (c, s *tlcp.Conn, errClient, errServer error) {
	t.Helper()
	a, b, err := pair.New(10 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	done := make(chan struct{})
	go func() {
		s, errServer = tlcp.Server(b, server)
		if errServer != nil {
			b.Close()
		}
		close(done)
	}()
	c, errClient = tlcp.Client(a, client)
	if errClient != nil {
		a.Close()
	}
	<-done
	return
}

func talk(t *testing.T, from, to *tlcp.Conn) {
	t.Helper()
	for _, n := range []int{1, 15, 16, 17, 40_000} {
		sent, got := make([]byte, n), make([]byte, n)
		written := make(chan error, 1)
		go func() {
			_, err := from.Write(sent)
			written <- err
		}()
		if _, err := io.ReadFull(to, got); err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if err := <-written; err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}

func TestHandshake(t *testing.T) {
	for _, suite := range []wire.CipherSuite{wire.ECC_SM4_CBC_SM3, wire.ECC_SM4_GCM_SM3} {
		for _, mutual := range []bool{false, true} {
			client, server, root := peers(t)
			client.Suites = []wire.CipherSuite{suite}
			if mutual {
				server.Roots = root.Pool()
			}
			c, s, errClient, errServer := shake(t, client, server)
			if err := errors.Join(errClient, errServer); err != nil {
				t.Fatal(suite, mutual, err)
			}
			talk(t, c, s)
			talk(t, s, c)
			if c.Suite != suite || s.Suite != suite || (s.Peer != nil) != mutual {
				t.Errorf("%v and %v, the server has %d certificates", c.Suite, s.Suite, len(s.Peer))
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	for name, one := range map[string]struct {
		change func(client, server *tlcp.Config, root *pki.Authority)
		alert  wire.AlertDescription
		server bool // refuses
	}{
		"wrong ID of the server": {func(_, server *tlcp.Config, _ *pki.Authority) { server.SignatureID = "TLSv1.3+GM+Cipher+Suite" }, wire.DecryptError, false},
		"wrong ID of the client": {func(client, server *tlcp.Config, root *pki.Authority) {
			client.SignatureID, server.Roots = "x", root.Pool()
		}, wire.DecryptError, true},
		"no client certificate": {func(client, server *tlcp.Config, root *pki.Authority) {
			client.Identity, server.Roots = nil, root.Pool()
		}, wire.HandshakeFailure, true},
		"wrong host": {func(client, _ *tlcp.Config, _ *pki.Authority) { client.Host = "other.test" }, wire.BadCertificate, false},
		"certificates exchanged": {func(_, server *tlcp.Config, _ *pki.Authority) {
			i := server.Identity
			i.Sign, i.Encrypt = i.Encrypt, i.Sign
		}, wire.BadCertificate, false},
		"wrong pre-master version": {func(client, _ *tlcp.Config, _ *pki.Authority) { client.PreMasterVersion = wire.TLS12 }, wire.BadRecordMAC, true},
		"ciphertext changed": {func(client, _ *tlcp.Config, _ *pki.Authority) {
			client.PreMaster = func(b []byte) []byte { b[len(b)-1] ^= 1; return b }
		}, wire.BadRecordMAC, true},
		"no ServerKeyExchange": {func(_, server *tlcp.Config, _ *pki.Authority) { server.Alter = without(wire.ServerKeyExchange) }, wire.UnexpectedMessage, false},
		"only ECDHE offered": {func(client, _ *tlcp.Config, _ *pki.Authority) {
			client.Suites = []wire.CipherSuite{wire.ECDHE_SM4_CBC_SM3}
		}, wire.HandshakeFailure, true},
	} {
		t.Run(name, func(t *testing.T) {
			client, server, root := peers(t)
			one.change(&client, &server, root)
			_, _, refuses, hears := shake(t, client, server)
			if one.server {
				refuses, hears = hears, refuses
			}
			var refusal *wire.Refusal
			if !errors.As(refuses, &refusal) || refusal.Alert != one.alert {
				t.Errorf("refused by %v, want alert %d", refuses, one.alert)
			}
			if hears == nil {
				t.Error("the other side takes it")
			}
		})
	}
}

// without drops messages of a type.
func without(t wire.MessageType) func(wire.Message) []wire.Message {
	return func(m wire.Message) []wire.Message {
		if m.Type == t {
			return nil
		}
		return []wire.Message{m}
	}
}
