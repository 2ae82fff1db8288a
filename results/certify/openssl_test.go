package certify

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/certify/statement"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/needs"
)

// The commands that every certificate prints verify it, with a shell and OpenSSL 3 alone, and refuse a changed one.
func TestDocumentedCommands(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		needs.Absent(t, needs.Tools, "needs openssl: apt install openssl")
	}
	if out, err := exec.Command(openssl, "version").Output(); err != nil || !bytes.HasPrefix(out, []byte("OpenSSL 3")) {
		needs.Absent(t, needs.Tools, fmt.Sprintf("needs OpenSSL 3, this is %s", out))
	}
	by, err := newSigner("Lab 实验室", time.Now()) // OpenSSL goes by the clock
	if err != nil {
		t.Fatal(err)
	}
	o := order(t, trial.Dir(t, trial.Shape{Targets: trial.Base[:1], Items: trial.Items, Specs: 2}), by)
	o.Now = time.Now()
	dir := issue(t, o)[0].Dir
	root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: by.Chain.Root.Raw})
	if err := os.WriteFile(filepath.Join(dir, "root.pem"), root, 0o600); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, htmlFile))
	if err != nil || !bytes.Contains(page, []byte("openssl dgst -sm3 -verify signer.pem -sigopt distid:1234567812345678")) {
		t.Error("the certificate does not print the commands", err)
	}
	script := "set -e\n" + strings.Join(statement.OpenSSL, "\n")
	run := func() (string, error) {
		cmd := exec.Command("sh", "-c", script)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run(); err != nil || out != "chain.pem: OK\nVerified OK\n" {
		t.Errorf("%v\n%s", err, out)
	}
	path := filepath.Join(dir, StatementFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(text, []byte(`"payload": "`)) + 60
	text[at] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := run(); err == nil || !strings.Contains(out, "Verification failure") {
		t.Errorf("a changed statement: %v\n%s", err, out)
	}
}
