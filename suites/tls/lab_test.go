package tls

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

func TestLabFiles(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.pem")
	if err := os.WriteFile(bad, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		given check.Variables
		want  string
	}{
		"nothing":         {check.Variables{}, ""},
		"no port":         {check.Variables{"XCMATRIX_TLS_KONA": "kona.lab"}, "is not HOST:PORT"},
		"no such file":    {check.Variables{rootsVariable: filepath.Join(dir, "none")}, "cannot be read"},
		"no certificates": {check.Variables{rootsVariable: bad}, "holds no certificate in PEM"},
	} {
		_, err := labFiles(c.given)
		var problem *record.Problem
		if (c.want == "") != (err == nil) || err != nil && (!errors.As(err, &problem) || !strings.Contains(problem.In("en"), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNoTLS: a server of another protocol is said to be none.
func TestNoTLS(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	go func() {
		_, _ = server.Read(make([]byte, 1024))
		_, _ = server.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n<html>"))
		server.Close()
	}()
	w := &wire.Conn{Conn: client}
	if err := w.WriteMessage(wire.Message{Type: wire.ClientHello, Body: make([]byte, 40)}); err != nil {
		t.Fatal(err)
	}
	_, err := w.ReadMessage()
	if err = ended(err, nil); err == nil || !strings.Contains(err.Error(), "what answers is no TLS") {
		t.Error(err)
	}
}
