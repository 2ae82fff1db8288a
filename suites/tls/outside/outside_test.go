package outside_test

import (
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/tls/outside"
	"github.com/xcmatrix/xcmatrix/suites/tls/rfc8998"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

const patience = 2 * time.Minute // Java starts slowly beside other programs

// start starts an implementation, and returns its address and certificates.
func start(t *testing.T, i outside.Implementation) (string, outside.Certificates) {
	t.Helper()
	address, stop, err := i.Start(t.Context(), t.TempDir())
	if err != nil {
		needs.Absent(t, needs.Tools, i.Title+" is not here: scripts/setup --tls: "+err.Error())
	}
	t.Cleanup(stop)
	c, version, err := outside.Get(address, patience)
	if err != nil || version == "" {
		t.Fatalf("version %q, error %v", version, err)
	}
	return address, c
}

func dial(t *testing.T, address string, r outside.Request) net.Conn {
	t.Helper()
	conn, _, err := outside.Dial(address, r, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestServers(t *testing.T) {
	for _, i := range outside.Implementations() {
		t.Run(i.Title, func(t *testing.T) {
			address, c := start(t, i)
			for name, identity := range map[string]bool{"with a certificate": true, "without": false} {
				conn := dial(t, address, outside.Request{Role: outside.AsServer, Suite: wire.TLS_SM4_GCM_SM3, Mutual: true})
				own := rfc8998.Config{Random: rand.Reader, Roots: c.Roots, Host: outside.Host}
				if identity {
					own.Identity = c.Client
				}
				tls, err := rfc8998.Client(conn, own)
				if err == nil {
					_, _ = io.WriteString(tls, outside.Line)
					_, err = io.ReadFull(tls, make([]byte, len(outside.Line))) // a server refuses behind the client's Finished
				}
				conn.Close() // OpenSSL's server takes one connection at a time
				if (err == nil) != identity {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// TestClients: a client that refuses the server is no success, although this side's handshake may have ended without an error.
func TestClients(t *testing.T) {
	for _, i := range outside.Implementations() {
		t.Run(i.Title, func(t *testing.T) {
			address, c := start(t, i)
			for name, own := range map[string]rfc8998.Config{
				"right":                    {Random: rand.Reader, Identity: c.Server},
				"another signer's ID":      {Random: rand.Reader, Identity: c.Server, SignatureID: "1234567812345678"},
				"a certificate of another": {Random: rand.Reader, Identity: c.Client},
			} {
				conn := dial(t, address, outside.Request{Role: outside.AsClient, Suite: wire.TLS_SM4_CCM_SM3})
				err := answer(conn, own)
				if (err == nil) != (name == "right") {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

func answer(conn net.Conn, own rfc8998.Config) error {
	tls, err := rfc8998.Server(conn, own)
	if err != nil {
		return err
	}
	got := make([]byte, len(outside.Line))
	if _, err := io.ReadFull(tls, got); err != nil {
		return err
	}
	if _, err := tls.Write(got); err != nil {
		return err
	}
	if err := tls.Wire().CloseWrite(); err != nil {
		return err
	}
	return outside.Outcome(conn)
}

func TestBadRequests(t *testing.T) {
	address, _ := start(t, outside.Implementations()[0])
	for _, r := range []outside.Request{{Role: "both"}, {Role: outside.AsServer, Suite: 0x1301}} {
		if conn, _, err := outside.Dial(address, r, patience); err == nil {
			conn.Close()
			t.Errorf("%+v is served", r)
		}
	}
}

// TestAbsent: what is absent, or too old, is one sentence with what to do.
func TestAbsent(t *testing.T) {
	bin := t.TempDir()
	fake := func(name, script string) {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	jars := func() {
		for _, name := range []string{"bcprov", "bcutil", "bcpkix", "bctls"} {
			if err := os.MkdirAll(outside.Dir(), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(outside.Dir(), name+".jar"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name, want, remedy string
		implementation     int
		prepare            func()
	}{
		{"no OpenSSL", "OpenSSL 4 is not here", "scripts/setup --tls", 0, func() {}},
		{"OpenSSL 3", "is OpenSSL 3.0.19, which does not have the cipher suites", "scripts/setup --tls", 0,
			func() { fake("openssl", `[ "$1" = version ] && echo OpenSSL 3.0.19 1 Jan 2026 || exit 1`) }},
		{"an OpenSSL that does not run", "does not run", "scripts/setup --tls", 0, func() { fake("openssl", "exit 127") }},
		{"no Bouncy Castle", "Bouncy Castle 1.86 is not here", "scripts/setup --tls", 1, func() {}},
		{"no Java", "there is no Java", "install a JDK", 1, jars},
		{"Java 8", "older than Java 17", "install a JDK", 1, func() { jars(); fake("java", "echo Unrecognized option >&2; exit 1") }},
		{"Java 11", "is Java 11, and Java 17 or newer is needed", "install a JDK", 1, func() { jars(); fake("java", "echo java.base@11.0.2; echo jdk.compiler@11.0.2") }},
		{"a JRE", "has no compiler", "install a JDK", 1, func() { jars(); fake("java", "echo java.base@17.0.15") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("PATH", bin)
			t.Setenv("XDG_CACHE_HOME", t.TempDir())
			for _, name := range []string{"openssl", "java"} {
				_ = os.Remove(filepath.Join(bin, name))
			}
			c.prepare()
			_, _, err := outside.Implementations()[c.implementation].Start(t.Context(), t.TempDir())
			var missing *check.Missing
			if !errors.As(err, &missing) || !strings.Contains(missing.Reason.En, c.want) || !strings.Contains(missing.Remedy.En, c.remedy) || missing.Reason.Zh == "" {
				t.Errorf("%v: %+v", err, missing)
			}
		})
	}
}
