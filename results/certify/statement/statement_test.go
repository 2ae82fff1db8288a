package statement

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"github.com/xcmatrix/xcmatrix/results/certify/identity"
	"github.com/xcmatrix/xcmatrix/results/needs"
)

// laboratory is the signer of most tests, and the directory of its keys: making one takes the time that guessing its
// passphrase is to take.
var laboratory = sync.OnceValues(func() (identity.Signer, error) { return create(keys) })

var keys = filepath.Join(os.TempDir(), fmt.Sprintf("xcmatrix-keys-%d", os.Getpid()))

func create(dir string) (identity.Signer, error) {
	now, passphrase := time.Now(), []byte("correct horse")
	if err := identity.Create(dir, identity.Request{Name: "Lab 实验室", Days: 1, Passphrase: passphrase, Now: now}); err != nil {
		return identity.Signer{}, err
	}
	return identity.Open(dir, passphrase, now)
}

func TestMain(m *testing.M) {
	code := m.Run()
	os.RemoveAll(keys)
	os.Exit(code)
}

func signer(t *testing.T) identity.Signer {
	t.Helper()
	s, err := laboratory()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sample(t *testing.T) Statement {
	t.Helper()
	d, err := DigestOf(strings.NewReader("abc"))
	if err != nil {
		t.Fatal(err)
	}
	return New([]File{{Name: "a.txt", Digest: d}}, Predicate{Result: "PASSED", PassedTests: []string{"L1"}, Claim: json.RawMessage(`{"level":"L1"}`)})
}

// The digests of "abc": GB/T 32905-2016 A.1 and FIPS 180-4.
func TestDigestOf(t *testing.T) {
	d, err := DigestOf(strings.NewReader("abc"))
	if err != nil || d.SM3 != "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0" ||
		d.SHA256 != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("%+v %v", d, err)
	}
}

func TestOpen(t *testing.T) {
	by := signer(t)
	raw, err := Sign(sample(t), by)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(raw, by.Chain)
	if err != nil {
		t.Fatal(err)
	}
	if s.Subject[0].Name != "a.txt" || string(s.Predicate.Claim) != `{"level":"L1"}` {
		t.Errorf("%+v", s)
	}
}

// Every byte of the envelope counts: no other byte may stand in any place.
func TestOpenRefusesEveryFlip(t *testing.T) {
	by := signer(t)
	raw, err := Sign(sample(t), by)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		for _, flip := range []byte{0x01, 0x20} {
			raw[i] ^= flip
			if _, err := Open(raw, by.Chain); err == nil {
				t.Errorf("byte %d ^ %#x is accepted: %q", i, flip, raw[max(0, i-8):min(len(raw), i+8)])
			}
			raw[i] ^= flip
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	by := signer(t)
	other, err := create(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := Sign(sample(t), by)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(raw, other.Chain); err == nil {
		t.Error("another's chain")
	}
	text := string(raw)
	for name, change := range map[string]string{
		"unknown field":  strings.Replace(text, "{", `{"x":1,`, 1),
		"newline in b64": strings.Replace(text, `"payload": "`, `"payload": "\n`, 1),
		"two signatures": strings.Replace(text, `"signatures": [`, `"signatures": [{"keyid":"","sig":""},`, 1),
		"empty":          "",
		"null":           "null\n",
	} {
		if _, err := Open([]byte(change), by.Chain); err == nil {
			t.Error(name)
		}
	}
	s := sample(t)
	s.PredicateType = "https://example.org/other"
	raw, err = Sign(s, by)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(raw, by.Chain); err == nil || !strings.Contains(err.Error(), "no test result") {
		t.Error("another predicate:", err)
	}
}

// OpenSSL verifies what the documentation tells readers to verify with it, and refuses what was changed.
func TestOpenSSL(t *testing.T) {
	path, err := exec.LookPath("openssl")
	if err != nil {
		needs.Absent(t, needs.Tools, "needs openssl: apt install openssl")
	}
	if out, err := exec.Command(path, "version").Output(); err != nil || !strings.HasPrefix(string(out), "OpenSSL 3") {
		needs.Absent(t, needs.Tools, fmt.Sprintf("needs OpenSSL 3, this is %s", out))
	}
	by := signer(t)
	raw, err := Sign(sample(t), by)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, content []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	openssl := func(args string) (string, error) {
		cmd := exec.Command(path, strings.Fields(args)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	root, err := os.ReadFile(filepath.Join(keys, identity.RootFile))
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join(keys, identity.KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	var e dsse.Envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	payload, _ := base64.StdEncoding.DecodeString(e.Payload)
	signature, _ := base64.StdEncoding.DecodeString(e.Signatures[0].Sig)
	write("root.pem", root)
	write("chain.pem", by.Chain.PEM())
	write("key.pem", key)
	write("statement.pae", dsse.PAE(e.PayloadType, payload))
	write("changed.pae", append(dsse.PAE(e.PayloadType, payload), ' '))
	write("statement.sig", signature)
	for _, c := range []struct {
		args, says string
		ok         bool
	}{
		{"x509 -in chain.pem -noout -pubkey -out signer.pem", "", true},
		{"verify -vfyopt distid:1234567812345678 -CAfile root.pem chain.pem", "chain.pem: OK", true},
		{"dgst -sm3 -verify signer.pem -sigopt distid:1234567812345678 -signature statement.sig statement.pae", "Verified OK", true},
		{"dgst -sm3 -verify signer.pem -sigopt distid:1234567812345678 -signature statement.sig changed.pae", "Verification failure", false},
		{"dgst -sm3 -verify signer.pem -sigopt distid:other -signature statement.sig statement.pae", "Verification failure", false},
	} {
		out, err := openssl(c.args)
		if (err == nil) != c.ok || !strings.Contains(out, c.says) {
			t.Errorf("openssl %s: %v\n%s", c.args, err, out)
		}
	}
	cmd := exec.Command(path, "pkey", "-in", "key.pem", "-passin", "pass:correct horse", "-noout")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("the key file: %v\n%s", err, out)
	}
}
