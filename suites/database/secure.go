package database

import (
	"crypto/tls"
	"net"
	"os"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/authority"
	"github.com/xcmatrix/xcmatrix/results/record"
)

var secure = []behaviour{
	{"TLS refuses a certificate that is untrusted, expired or another host's", "tls-verification", record.Critical, 0, tlsVerification},
}

// tlsVerification needs no TLS at the server: a listener of its own shows the certificates, and learns whether the
// driver completes the handshake.
func tlsVerification(t *trial) {
	if t.Secure == nil {
		t.skip(record.Say("whether TLS is used is the server's choice with this driver", "使用该驱动时是否启用 TLS 由服务器决定"))
	}
	ours, err := authority.New()
	t.must(err, "make a root")
	other, err := authority.New()
	t.must(err, "make a root")
	tomorrow, yesterday := time.Now().AddDate(0, 0, 1), time.Now().AddDate(0, 0, -1)
	for _, c := range []struct {
		name   string
		issuer *authority.Authority
		end    time.Time
		host   string
		want   bool
	}{
		{"a good certificate", ours, tomorrow, "127.0.0.1", true},
		{"an untrusted certificate", other, tomorrow, "127.0.0.1", false},
		{"an expired certificate", ours, yesterday, "127.0.0.1", false},
		{"another host's certificate", ours, tomorrow, "db.example", false},
	} {
		pair, err := c.issuer.Issue(c.end, c.host)
		t.must(err, "issue a certificate")
		t.saw("handshake with "+c.name, t.handshake(ours, pair), c.want)
	}
}

// handshake reports whether the driver, which trusts root, completes a TLS handshake with a server that shows pair.
func (t *trial) handshake(root *authority.Authority, pair authority.Pair) bool {
	config, err := pair.Server()
	t.must(err, "server certificate")
	file, err := os.CreateTemp("", "xcmatrix-root-*.pem")
	t.must(err, "root file")
	defer os.Remove(file.Name())
	_, err = file.Write(root.PEM())
	t.must(err, "root file")
	t.must(file.Close(), "root file")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	t.must(err, "listen")
	completed := make(chan bool, 1)
	go func() { completed <- t.show(l, config) }()
	dsn, err := t.Via(t.dsn, l.Addr().String())
	t.must(err, "the listener's address")
	db, err := t.Secure(dsn, file.Name())
	t.must(err, "open with TLS")
	defer db.Close()
	ctx, cancel := t.within(5 * time.Second)
	defer cancel()
	db.PingContext(ctx)
	l.Close()
	return <-completed
}

// show accepts one connection and shows the certificate.
func (t *trial) show(l net.Listener, config *tls.Config) bool {
	conn, err := l.Accept()
	if err != nil {
		return false
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	return t.StartTLS(conn) == nil && tls.Server(conn, config).Handshake() == nil
}
