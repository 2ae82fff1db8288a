package connections

import (
	"crypto/tls"
	"net"
	"os"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/authority"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

// TLS are the cases about encrypted connections, in the order in which they run.
var TLS = []dbtest.Case{
	{Text: "TLS refuses a certificate that is untrusted, expired or another host's", Key: "tls-verification",
		Severity: record.Critical, Check: tlsVerification,
		Source: "RFC 5280 §6 and RFC 9525"},
	{Text: "the server is reached by TLS, and its own certificate is verified", Key: "tls-session",
		Severity: record.Critical, Check: tlsSession,
		Source: "RFC 5280 §6 and RFC 9525"},
}

// NeedsTLS skips the case if the server is the user's own: its data source name decides whether TLS is used.
func NeedsTLS(t *dbtest.T) {
	if t.Clear(t.DSN) == t.DSN {
		t.Skip(record.Say("the data source name of a named server decides whether TLS is used", "是否启用 TLS 由所指定服务器的 DSN 决定"))
	}
}

// tlsSession asks the server whether the session is encrypted, and connects to it with a root that did not sign its
// certificate and by a name that is not in the certificate.
func tlsSession(t *dbtest.T) {
	NeedsTLS(t)
	var encrypted bool
	t.Must(t.DB.QueryRowContext(t.Ctx, t.SQL("{encrypted}")).Scan(&encrypted), "ask for TLS")
	t.Expect("the session is encrypted", encrypted, true)
	other, err := authority.New()
	t.Must(err, "make a root")
	file := rootFile(t, other)
	defer os.Remove(file)
	db, err := t.Secure(t.DSN, file)
	t.Must(err, "open with TLS")
	defer db.Close()
	t.Expect("the server's certificate under another root is an error", db.PingContext(t.Ctx) != nil, true)
	_, address, err := t.Address(t.DSN)
	t.Must(err, "the server's address")
	_, port, err := net.SplitHostPort(address)
	t.Must(err, "the server's port")
	dsn, err := t.Via(t.DSN, net.JoinHostPort("localhost", port))
	t.Must(err, "the server's other name")
	t.Expect("the server's certificate under another name is an error", t.Pool(dsn).PingContext(t.Ctx) != nil, true)
}

// rootFile writes a root certificate to a file and returns the file's name. The caller removes the file.
func rootFile(t *dbtest.T, root *authority.Authority) string {
	file, err := os.CreateTemp("", "xcmatrix-root-*.pem")
	t.Must(err, "root file")
	_, err = file.Write(root.PEM())
	t.Must(err, "root file")
	t.Must(file.Close(), "root file")
	return file.Name()
}

// tlsVerification needs no TLS at the server: it listens by itself, presents the certificates, and sees whether the driver
// completes the handshake.
func tlsVerification(t *dbtest.T) {
	if t.Secure == nil {
		t.Skip(record.Say("with this driver the server decides whether TLS is used", "使用该驱动时是否启用 TLS 由服务器决定"))
	}
	ours, err := authority.New()
	t.Must(err, "make a root")
	other, err := authority.New()
	t.Must(err, "make a root")
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
		t.Must(err, "issue a certificate")
		t.Expect("handshake with "+c.name, handshake(t, ours, pair), c.want)
	}
}

// handshake reports whether the driver, which trusts root, completes a TLS handshake with a server that presents pair.
func handshake(t *dbtest.T, root *authority.Authority, pair authority.Pair) bool {
	config, err := pair.Server()
	t.Must(err, "server certificate")
	file := rootFile(t, root)
	defer os.Remove(file)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	t.Must(err, "listen")
	completed := make(chan bool, 1)
	go func() { completed <- present(t, l, config) }()
	dsn, err := t.Via(t.DSN, l.Addr().String())
	t.Must(err, "the listener's address")
	db, err := t.Secure(dsn, file)
	t.Must(err, "open with TLS")
	defer db.Close()
	ctx, cancel := t.WithTimeout(dbtest.ScaleByLoad(5 * time.Second))
	defer cancel()
	db.PingContext(ctx)
	l.Close()
	return <-completed
}

// present accepts one connection, presents the certificate, and reports whether the handshake completed.
func present(t *dbtest.T, l net.Listener, config *tls.Config) bool {
	conn, err := l.Accept()
	if err != nil {
		return false
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(dbtest.ScaleByLoad(5 * time.Second)))
	return t.StartTLS(conn) == nil && tls.Server(conn, config).Handshake() == nil
}
