package authority

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"
)

func TestHandshake(t *testing.T) {
	ours, err := New()
	if err != nil {
		t.Fatal(err)
	}
	other, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		root   *Authority
		host   string
		end    time.Time
		passes bool
	}{
		{"good", ours, "127.0.0.1", time.Now().Add(time.Hour), true},
		{"untrusted", other, "127.0.0.1", time.Now().Add(time.Hour), false},
		{"wrong host", ours, "db.example", time.Now().Add(time.Hour), false},
		{"expired", ours, "127.0.0.1", time.Now().Add(-time.Hour), false},
	} {
		pair, err := ours.Issue(c.end, "127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		config, err := pair.Server()
		if err != nil {
			t.Fatal(err)
		}
		l, err := tls.Listen("tcp", "127.0.0.1:0", config)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			if server, err := l.Accept(); err == nil {
				server.(*tls.Conn).Handshake()
				server.Close()
			}
		}()
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(c.root.PEM())
		client, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{RootCAs: roots, ServerName: c.host})
		if (err == nil) != c.passes {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil {
			client.Close()
		}
		l.Close()
	}
}

func TestInlineRoot(t *testing.T) {
	a, err := New()
	if err != nil {
		t.Fatal(err)
	}
	roots, ok := Roots(a.Inline())
	if !ok {
		t.Fatal("what Inline writes is not read")
	}
	want := x509.NewCertPool()
	want.AppendCertsFromPEM(a.PEM())
	if !roots.Equal(want) {
		t.Error("another root is read")
	}
	for _, text := range []string{"", "/etc/ssl/root.pem", "inline:", "inline:%%", "inline:AAAA", a.Inline()[len("inline:"):]} {
		if _, ok := Roots(text); ok {
			t.Errorf("%.40q is taken for a root", text)
		}
	}
}
