package rfc8998_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/suites/tls/pair"
	"github.com/xcmatrix/xcmatrix/suites/tls/pki"
	"github.com/xcmatrix/xcmatrix/suites/tls/rfc8998"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

const host = "server.test"

// peers are the configurations of a client and a server that agree.
func peers(t *testing.T) (client, server rfc8998.Config, root *pki.Authority) {
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
	leaf, err := below.Issue(pki.Leaf{Host: host})
	if err != nil {
		t.Fatal(err)
	}
	own, err := below.Issue(pki.Leaf{Host: "client.test", Client: true})
	if err != nil {
		t.Fatal(err)
	}
	client = rfc8998.Config{Random: random, Roots: root.Pool(), Host: host, Identity: own}
	server = rfc8998.Config{Random: rand.NewChaCha8([32]byte{2}), Identity: leaf}
	return client, server, root
}

// shake returns how the handshake went on each side, and the connections.
func shake(t *testing.T, client, server rfc8998.Config) (c, s *rfc8998.Conn, errClient, errServer error) {
	t.Helper()
	a, b, err := pair.New(10 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	done := make(chan struct{})
	go func() {
		s, errServer = rfc8998.Server(b, server)
		if errServer != nil {
			b.Close()
		}
		close(done)
	}()
	c, errClient = rfc8998.Client(a, client)
	if errClient != nil {
		a.Close()
	}
	<-done
	return
}

func talk(t *testing.T, from, to *rfc8998.Conn) {
	t.Helper()
	written := make(chan error, 1)
	go func() {
		_, err := from.Write([]byte("hello"))
		written <- err
	}()
	got := make([]byte, 5)
	if _, err := io.ReadFull(to, got); err != nil || string(got) != "hello" {
		t.Fatalf("%q: %v", got, err)
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
}

func TestHandshake(t *testing.T) {
	for name, change := range map[string]func(client, server *rfc8998.Config, root *pki.Authority){
		"GCM": func(client, _ *rfc8998.Config, _ *pki.Authority) {},
		"CCM": func(client, _ *rfc8998.Config, _ *pki.Authority) {
			client.Suites = []wire.CipherSuite{wire.TLS_SM4_CCM_SM3}
		},
		"mutual": func(_, server *rfc8998.Config, root *pki.Authority) { server.Roots = root.Pool() },
		"retry":  func(client, _ *rfc8998.Config, _ *pki.Authority) { client.KeyShares = []uint16{29} },
		"protocol": func(client, server *rfc8998.Config, _ *pki.Authority) {
			client.ALPN, server.ALPN = []string{"h2", "x"}, []string{"x"}
		},
		"retry, mutual": func(client, server *rfc8998.Config, root *pki.Authority) {
			client.KeyShares, server.Roots = []uint16{}, root.Pool()
		},
	} {
		t.Run(name, func(t *testing.T) {
			client, server, root := peers(t)
			change(&client, &server, root)
			c, s, errClient, errServer := shake(t, client, server)
			if err := errors.Join(errClient, errServer); err != nil {
				t.Fatal(err)
			}
			talk(t, c, s)
			talk(t, s, c)
			if err := c.UpdateKeys(true); err != nil {
				t.Fatal(err)
			}
			talk(t, c, s)
			talk(t, s, c)
			talk(t, c, s)
			if c.Suite != s.Suite || c.Retried != (client.KeyShares != nil) || c.Protocol != s.Protocol || (server.Roots != nil) != (s.Peer != nil) {
				t.Errorf("client %+v, server %+v", c, s)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	for name, one := range map[string]struct {
		change func(client, server *rfc8998.Config, root *pki.Authority)
		alert  wire.AlertDescription
		server bool // refuses
	}{
		"wrong ID of the server": {func(_, server *rfc8998.Config, _ *pki.Authority) { server.SignatureID = "1234567812345678" }, wire.DecryptError, false},
		"wrong ID of the client": {func(client, server *rfc8998.Config, root *pki.Authority) {
			client.SignatureID, server.Roots = "1234567812345678", root.Pool()
		}, wire.DecryptError, true},
		"no client certificate": {func(client, server *rfc8998.Config, root *pki.Authority) {
			client.Identity, server.Roots = nil, root.Pool()
		}, wire.CertificateRequired, true},
		"wrong host": {func(client, _ *rfc8998.Config, _ *pki.Authority) { client.Host = "other.test" }, wire.BadCertificate, false},
		"no common suite": {func(client, server *rfc8998.Config, _ *pki.Authority) {
			client.Suites, server.Suites = []wire.CipherSuite{wire.TLS_SM4_CCM_SM3}, []wire.CipherSuite{wire.TLS_SM4_GCM_SM3}
		}, wire.HandshakeFailure, true},
		"no common protocol": {func(client, server *rfc8998.Config, _ *pki.Authority) {
			client.ALPN, server.ALPN = []string{"h2"}, []string{"x"}
		}, wire.NoApplicationProto, true},
	} {
		t.Run(name, func(t *testing.T) {
			client, server, root := peers(t)
			one.change(&client, &server, root)
			_, _, errClient, errServer := shake(t, client, server)
			refuses, hears := errClient, errServer
			if one.server {
				refuses, hears = errServer, errClient
			}
			var refusal *wire.Refusal
			if !errors.As(refuses, &refusal) || refusal.Alert != one.alert {
				t.Errorf("refused by %v, want alert %d", refuses, one.alert)
			}
			var alert *wire.PeerAlert
			if one.server && name != "no client certificate" && name != "wrong ID of the client" && (!errors.As(hears, &alert) || alert.Description != one.alert) {
				t.Errorf("the peer heard %v, want alert %d", hears, one.alert)
			}
		})
	}
}
