package servers_test

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
	"github.com/xcmatrix/xcmatrix/suites/database/servers/servertest"
)

// TestConnectErrors connects to servers that cannot be tested: for each, one sentence says why, with a remedy and without the
// password.
func TestConnectErrors(t *testing.T) {
	for _, d := range servers.Startable {
		server := servertest.Server(t, d)
		db, err := d.Open(server.Address())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		if _, err := servers.Connect(d, server.Address(), dbtest.ScaleByLoad(servers.ConnectTime)); err != nil {
			t.Fatalf("%s: a good server: %v", d.Name, err)
		}
		h := unusable{d, server.Address(), db}
		h.expect(t, "unreachable", h.via(t, "127.0.0.1:1"), "nothing listens", "firewall")
		h.silent(t)
		h.expect(t, "ends at once", h.via(t, addressOf(listener(t, nil, true))), "ends the connection", "lets this machine in")
		h.expect(t, "unknown host", h.via(t, "no-such-host.invalid:5432"), "not known here", "correct the host name")
		h.expect(t, "SSH", h.via(t, addressOf(listener(t, []byte("SSH-2.0-OpenSSH_9.2p1\r\n"), false))), "another protocol: SSH", "port")
		h.expect(t, "HTTP", h.via(t, addressOf(listener(t, []byte("HTTP/1.1 400 Bad Request\r\n\r\n"), true))), "another protocol: HTTP", "port")
		h.expect(t, "no TLS", h.via(t, addressOf(listener(t, h.withoutTLS(), false))), "the server offers none", "switch TLS on")
		h.expect(t, "untrusted", h.untrusted(t), "no root that is trusted", "name the root")
		h.expect(t, "JDBC", "jdbc:postgresql://h:1/d;password=wr0ng", "JDBC URL", "write it like")
		h.expect(t, "no host", h.hostless(), "names no host", "write it like")
		h.expect(t, "wrong password", h.as(t, "xcmatrix", "wr0ng"), "refuses the user or the password", "correct")
		h.expect(t, "typo", strings.NewReplacer("127.0.0.1:", "[", "tcp(", "tcp").Replace(server.Address()), "cannot be read", "write it like")
		h.expect(t, "no such database", strings.NewReplacer("/postgres?", "/none?", "/xcmatrix?", "/none?").Replace(server.Address()), "does not exist", "create the database")
		h.expect(t, "encoding", h.latin(t), "does not have all characters", "encoding")
		h.expect(t, "read-only", h.readOnly(t), "takes no writes", "name the primary server")
	}
}

func TestLicence(t *testing.T) {
	for _, text := range []string{"FATAL: license expired", "License file is invalid", "许可证已过期"} {
		for _, d := range servers.Named {
			reason, remedy := servers.Explain(d, d.Example, &pgconn.PgError{Code: "XX000", Message: text})
			if !strings.Contains(reason.En, "licence") || !strings.Contains(remedy.Zh, "许可证") {
				t.Errorf("%s: %s: %s", d.Name, reason.En, remedy.En)
			}
		}
	}
}

// unusable is a server with ways to make it one that specs cannot use.
type unusable struct {
	*dialect.Dialect
	dsn string
	db  *sql.DB
}

func (h unusable) expect(t *testing.T, name, dsn, reason, remedy string) {
	t.Helper()
	h.expectWithin(t, dbtest.ScaleByLoad(servers.ConnectTime), name, dsn, reason, remedy)
}

// silent connects to a server that never answers. A wall clock would measure how busy the machine is, so the test counts
// the waits and adds up their limits: the driver's own, and one for each connection of the dialect's after it.
func (h unusable) silent(t *testing.T) {
	t.Helper()
	address, accepted := listener(t, nil, false)
	err := h.expectWithin(t, time.Second, "silent", h.via(t, address), "says nothing", "host and port")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%s, silent: the driver ends with %v, not by its limit", h.Name, err)
	}
	contacts := time.Duration(accepted.Load() - 1)
	if most := servers.ConnectTime + contacts*dialect.ProbeTime; most > 10*time.Second {
		t.Errorf("%s, silent: %d connections after the driver's, up to %v in all", h.Name, contacts, most)
	}
}

// expectWithin returns expect with a limit for the driver, and returns the driver's error.
func (h unusable) expectWithin(t *testing.T, limit time.Duration, name, dsn, reason, remedy string) error {
	t.Helper()
	read, err := h.Read(dsn)
	if err == nil {
		_, err = servers.Connect(h.Dialect, read, limit)
	}
	if err == nil {
		t.Errorf("%s, %s: no error", h.Name, name)
		return nil
	}
	r, m := servers.Explain(h.Dialect, dsn, err)
	if !strings.Contains(r.En, reason) || !strings.Contains(m.En, remedy) || r.Zh == "" || m.Zh == "" {
		t.Errorf("%s, %s: %s → %s (%v)", h.Name, name, r.En, m.En, err)
	}
	secret := strings.FieldsFunc(strings.TrimPrefix(h.dsn, "postgres://"), func(c rune) bool { return c == ':' || c == '@' })[1]
	for _, text := range []string{r.En, r.Zh, m.En, m.Zh} {
		if strings.Contains(text, secret) || strings.Contains(text, "wr0ng") || strings.Contains(text, "\n") {
			t.Errorf("%s, %s: %q holds the password or a newline", h.Name, name, text)
		}
	}
	return err
}

func (h unusable) via(t *testing.T, address string) string {
	dsn, err := h.Via(h.dsn, address)
	if err != nil {
		t.Fatal(err)
	}
	return dsn
}

func (h unusable) as(t *testing.T, user, password string) string {
	dsn, err := h.As(h.dsn, user, password)
	if err != nil {
		t.Fatal(err)
	}
	return dsn
}

func (h unusable) exec(t *testing.T, queries ...string) {
	t.Helper()
	for _, query := range queries {
		if _, err := h.db.Exec(query); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
}

// latin returns a database that does not have all characters.
func (h unusable) latin(t *testing.T) string {
	t.Cleanup(func() { h.exec(t, "DROP DATABASE narrow") })
	if h.Name == "mysql" {
		h.exec(t, "CREATE DATABASE narrow CHARACTER SET latin1")
		return strings.Replace(h.dsn, "/xcmatrix?", "/narrow?", 1)
	}
	h.exec(t, "CREATE DATABASE narrow ENCODING 'LATIN1' TEMPLATE template0")
	return strings.Replace(h.dsn, "/postgres?", "/narrow?", 1)
}

// readOnly returns a server that takes no writes, as a replica.
func (h unusable) readOnly(t *testing.T) string {
	if h.Name == "mysql" { // a user with all rights may write nevertheless
		h.exec(t, "CREATE USER reader IDENTIFIED BY 'r'", "GRANT ALL ON xcmatrix.* TO reader", "SET GLOBAL read_only = ON")
		t.Cleanup(func() { h.exec(t, "SET GLOBAL read_only = OFF", "DROP USER reader") })
		return h.as(t, "reader", "r")
	}
	return h.dsn + "&default_transaction_read_only=on"
}

// listener accepts connections, writes says to each, and keeps it open or, if ends is set, closes it. It returns its address
// and how many connections it has accepted so far.
func listener(t *testing.T, says []byte, ends bool) (address string, accepted *atomic.Int64) {
	accepted = new(atomic.Int64)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			conn.Write(says)
			if ends {
				conn.Close()
			}
		}
	}()
	return l.Addr().String(), accepted
}

func addressOf(address string, _ *atomic.Int64) string { return address }

// withoutTLS returns what a server without TLS says first: no, or a greeting that offers none (Protocol::HandshakeV10, without
// the flag CLIENT_SSL).
func (h unusable) withoutTLS() []byte {
	if h.Name != "mysql" {
		return []byte("N")
	}
	const capabilities = 0x8 | 0x200 | 0x2000 | 0x8000 | 0x80000
	body := append([]byte{10}, "8.0.0\x00\x01\x00\x00\x0001234567\x00"...)
	body = append(body, capabilities&0xff, capabilities>>8&0xff, 45, 2, 0, capabilities>>16&0xff, capabilities>>24&0xff, 21)
	body = append(body, make([]byte, 10)...)
	body = append(body, "890123456789\x00mysql_native_password\x00"...)
	return append([]byte{byte(len(body)), 0, 0, 0}, body...)
}

// untrusted asks for TLS without naming the root.
func (h unusable) untrusted(t *testing.T) string {
	if h.Name == "mysql" {
		plain, err := h.As(h.Clear(h.dsn), "xcmatrix", "wr0ng")
		if err != nil {
			t.Fatal(err)
		}
		return plain + "?tls=true"
	}
	return h.as(t, "xcmatrix", "wr0ng")[:strings.Index(h.as(t, "xcmatrix", "wr0ng"), "?")] + "?sslmode=verify-full&sslrootcert=system"
}

// hostless returns a name that a driver would take for the server of this machine.
func (h unusable) hostless() string {
	if h.Name == "mysql" {
		return "xcmatrix:wr0ng@/xcmatrix"
	}
	return "user=xcmatrix password=wr0ng dbname=postgres"
}
