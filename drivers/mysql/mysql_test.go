package mysql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/xcmatrix/xcmatrix/drivers/authority"
	"github.com/xcmatrix/xcmatrix/drivers/dialect"
)

const dsn = "root@tenant#cluster:p@ss/w?rd@tcp(127.0.0.1:1)/d"

func TestAddresses(t *testing.T) {
	moved, err := Via(dsn, "127.0.0.1:2")
	if err != nil {
		t.Fatal(err)
	}
	if network, address, err := Address(moved); network != "tcp" || address != "127.0.0.1:2" || err != nil {
		t.Errorf("Address = %s %s, %v", network, address, err)
	}
	other, err := As(dsn, "u", "密@码:/?#%")
	if err != nil {
		t.Fatal(err)
	}
	c, err := mysql.ParseDSN(other)
	if err != nil || c.User != "u" || c.Passwd != "密@码:/?#%" {
		t.Errorf("As: %+v, %v", c, err)
	}
}

func TestSettings(t *testing.T) {
	c, err := config(dsn, dialect.Setting{Key: "clientFoundRows", Value: "true"})
	if err != nil || !c.ClientFoundRows || !c.ParseTime {
		t.Errorf("config = %+v, %v", c, err)
	}
	if _, err := config(dsn, dialect.Setting{Key: "no such"}); err == nil {
		t.Error("an unknown setting is taken")
	}
}

func TestCode(t *testing.T) {
	for want, err := range map[string]error{
		"":           nil,
		"1062/23000": &mysql.MySQLError{Number: 1062, SQLState: [5]byte([]byte("23000"))},
		"deadline":   context.DeadlineExceeded,
		"cancelled":  context.Canceled,
		"client":     mysql.ErrInvalidConn,
	} {
		if got := Code(err); got != want {
			t.Errorf("Code(%v) = %q, want %q", err, got, want)
		}
	}
}

func TestRefusedNeverSaysThePassword(t *testing.T) {
	db, err := Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Ping()
	if err == nil {
		t.Fatal("connected to port 1")
	}
	reason, remedy := Refused(dsn, err)
	for _, text := range []string{err.Error(), reason.En, reason.Zh, remedy.En, remedy.Zh} {
		if strings.Contains(text, "w?rd") {
			t.Errorf("%q holds the password", text)
		}
	}
}

// TestStartTLS proves the greeting with the driver: it must go on to a TLS handshake that it completes.
func TestStartTLS(t *testing.T) {
	root, err := authority.New()
	if err != nil {
		t.Fatal(err)
	}
	pair, err := root.Issue(time.Now().Add(time.Hour), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	config, err := pair.Server()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	done := make(chan error, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			done <- err
			return
		}
		defer conn.Close()
		done <- errors.Join(StartTLS(conn), tls.Server(conn, config).Handshake())
	}()
	file := filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(file, root.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(root.PEM()) {
		t.Fatal("the root is no certificate")
	}
	via, err := Via(dsn, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	db, err := Secure(via, file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.Ping()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestInlineRoot(t *testing.T) {
	root, err := authority.New()
	if err != nil {
		t.Fatal(err)
	}
	named := "u:p@tcp(127.0.0.1:3306)/d?tls=true&" + RootParameter + "=" + root.Inline()
	c, err := config(named)
	if err != nil {
		t.Fatal(err)
	}
	if c.TLS == nil || c.TLS.RootCAs == nil || c.TLS.ServerName != "127.0.0.1" || c.TLS.InsecureSkipVerify || len(c.Params) > 0 {
		t.Errorf("TLS %+v, parameters %v", c.TLS, c.Params)
	}
	if plain, err := config(Plain(named)); err != nil || plain.TLS != nil || len(plain.Params) > 0 || plain.Passwd != "p" {
		t.Errorf("Plain: %+v, %v", plain, err)
	}
	moved, err := Via(named, "127.0.0.1:2")
	if err != nil {
		t.Fatal(err)
	}
	if c, err := config(moved); err != nil || c.TLS == nil || c.TLS.RootCAs == nil || c.Addr != "127.0.0.1:2" {
		t.Errorf("Via = %q, %v", moved, err)
	}
	for _, own := range []string{dsn, "u:p@tcp(h:1)/d?tls=true"} {
		if got := Plain(own); got != own {
			t.Errorf("Plain(%q) = %q", own, got)
		}
	}
}
