package identity

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	now        = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	passphrase = []byte("correct horse")
)

func create(t *testing.T, q Request) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "key")
	if q.Now.IsZero() {
		q.Now = now
	}
	if q.Days == 0 {
		q.Days = LeafDays
	}
	q.Name, q.Passphrase = "Test laboratory 测试实验室", passphrase
	if err := Create(dir, q); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestSignAndVerify(t *testing.T) {
	s, err := Open(create(t, Request{}), passphrase, now)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := s.Sign(context.Background(), []byte("data"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Chain.Verify(context.Background(), []byte("data"), signature); err != nil {
		t.Error(err)
	}
	if s.Chain.Verify(context.Background(), []byte("date"), signature) == nil {
		t.Error("other data verifies too")
	}
	signature[len(signature)-1] ^= 1
	if s.Chain.Verify(context.Background(), []byte("data"), signature) == nil {
		t.Error("another signature verifies too")
	}
}

func TestKeyFilesAreTheirOwnersAlone(t *testing.T) {
	dir := create(t, Request{})
	for name, mode := range map[string]os.FileMode{".": 0o700, KeyFile: 0o600, RootKeyFile: 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != mode {
			t.Errorf("%s: mode %v", name, info.Mode())
		}
	}
	raw, err := os.ReadFile(filepath.Join(dir, KeyFile))
	if err != nil || !strings.HasPrefix(string(raw), "-----BEGIN ENCRYPTED PRIVATE KEY-----\n") {
		t.Error("the key is not encrypted", err)
	}
}

func TestIssueUnderAnExistingRoot(t *testing.T) {
	first := create(t, Request{})
	second := create(t, Request{Root: first})
	s, err := Open(second, passphrase, now)
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.ReadFile(filepath.Join(first, RootFile))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(certificatePEM(s.Chain.Root), root) {
		t.Error("another root")
	}
	if _, err := os.Stat(filepath.Join(second, RootKeyFile)); err == nil {
		t.Error("the root's key was copied")
	}
}

func TestOpenRefuses(t *testing.T) {
	good := create(t, Request{})
	other := create(t, Request{})
	for name, c := range map[string]struct {
		passphrase string
		now        time.Time
		spoil      func(dir string)
		want       string
	}{
		"wrong passphrase":    {"wrong horse", now, nil, "the passphrase is wrong"},
		"expired":             {"", now.AddDate(3, 0, 0), nil, "expired on 2028-11-20T12:00:00Z"},
		"clock before":        {"", now.AddDate(-1, 0, 0), nil, "is the clock right?"},
		"no key":              {"", now, func(d string) { os.Remove(filepath.Join(d, KeyFile)) }, "there is no key here"},
		"no chain":            {"", now, func(d string) { os.Remove(filepath.Join(d, ChainFile)) }, "chain.pem: cannot be read"},
		"another's chain":     {"", now, func(d string) { move(t, other, d, ChainFile) }, "not for the key beside it"},
		"a plain file as key": {"", now, func(d string) { write(t, d, KeyFile, "x") }, "no encrypted key"},
		"chain with more":     {"", now, func(d string) { write(t, d, ChainFile, read(t, d, ChainFile)+"\n") }, "something in it is no certificate"},
		"chain with a remark": {"", now, func(d string) { write(t, d, ChainFile, "remark\n"+read(t, d, ChainFile)) }, "more than the two"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, f := range []string{KeyFile, ChainFile} {
				move(t, good, dir, f)
			}
			if c.spoil != nil {
				c.spoil(dir)
			}
			if c.passphrase == "" {
				c.passphrase = string(passphrase)
			}
			if _, err := Open(dir, []byte(c.passphrase), c.now); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestCreateRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		dir  string
		q    Request
		want string
	}{
		"overwrite":        {dir, Request{Days: 1, Passphrase: passphrase}, "never overwritten"},
		"short passphrase": {filepath.Join(dir, "a"), Request{Days: 1, Passphrase: []byte("seven77")}, "too short"},
		"no time":          {filepath.Join(dir, "b"), Request{Passphrase: passphrase}, "0 days"},
		"no root there":    {filepath.Join(dir, "c"), Request{Days: 1, Root: dir, Passphrase: passphrase}, "there is no key here"},
	} {
		c.q.Now = now
		if err := Create(c.dir, c.q); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func move(t *testing.T, from, to, name string) {
	t.Helper()
	write(t, to, name, read(t, from, name))
}
