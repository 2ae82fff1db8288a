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
	{"the server is reached by TLS, and its own certificate is verified", "tls-session", record.Critical, 0, tlsSession},
}

// needsTLS skips where the data source name of the user's own server decides on TLS.
func (t *trial) needsTLS() {
	if t.Clear(t.dsn) == t.dsn {
		t.skip(record.Say("the data source name of a named server decides on TLS", "是否启用 TLS 由所指定服务器的 DSN 决定"))
	}
}

// tlsSession asks the server whether the session is encrypted, and offers it as the wrong server.
func tlsSession(t *trial) {
	t.needsTLS()
	var encrypted bool
	t.must(t.db.QueryRowContext(t.ctx, t.SQL("{encrypted}")).Scan(&encrypted), "ask for TLS")
	t.saw("the session is encrypted", encrypted, true)
	other, err := authority.New()
	t.must(err, "make a root")
	file := t.rootFile(other)
	defer os.Remove(file)
	db, err := t.Secure(t.dsn, file)
	t.must(err, "open with TLS")
	defer db.Close()
	t.saw("the server's certificate under another root is an error", db.PingContext(t.ctx) != nil, true)
	_, address, err := t.Address(t.dsn)
	t.must(err, "the server's address")
	_, port, err := net.SplitHostPort(address)
	t.must(err, "the server's port")
	dsn, err := t.Via(t.dsn, net.JoinHostPort("localhost", port))
	t.must(err, "the server's other name")
	t.saw("the server's certificate under another name is an error", t.open(dsn).PingContext(t.ctx) != nil, true)
}

// rootFile writes a root to a file, which the caller removes.
func (t *trial) rootFile(root *authority.Authority) string {
	file, err := os.CreateTemp("", "xcmatrix-root-*.pem")
	t.must(err, "root file")
	_, err = file.Write(root.PEM())
	t.must(err, "root file")
	t.must(file.Close(), "root file")
	return file.Name()
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
	file := t.rootFile(root)
	defer os.Remove(file)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	t.must(err, "listen")
	completed := make(chan bool, 1)
	go func() { completed <- t.show(l, config) }()
	dsn, err := t.Via(t.dsn, l.Addr().String())
	t.must(err, "the listener's address")
	db, err := t.Secure(dsn, file)
	t.must(err, "open with TLS")
	defer db.Close()
	ctx, cancel := t.within(patient(5 * time.Second))
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
	conn.SetDeadline(time.Now().Add(patient(5 * time.Second)))
	return t.StartTLS(conn) == nil && tls.Server(conn, config).Handshake() == nil
}
