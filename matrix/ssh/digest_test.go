package ssh

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// digestCommands are the words of digest.sh, in the order in which look.sh tries them, by the program that each starts.
var digestCommands = []string{"openssl", "sha256sum", "busybox", "toybox", "shasum", "cksum", "perl", "python3"}

// pathOf returns a directory that holds what look.sh itself starts and some other programs, for PATH.
func pathOf(t *testing.T, programs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range append([]string{"uname", "date", "id", "grep", "ls", "head", "mkdir", "df", "rm", "chmod", "sh"}, programs...) {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatalf("%s is not here, and every system has it: %v", name, err)
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run has sh run a script that comes from its standard input, with PATH alone in the environment and a home directory.
func run(t *testing.T, path, home, script string) []byte {
	t.Helper()
	cmd := exec.Command(filepath.Join(path, "sh"), "-s")
	cmd.Env, cmd.Dir = []string{"PATH=" + path, "HOME=" + home, "TMPDIR=" + home}, home
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return out
}

// Each command that computes a SHA-256 is found by the pre-flight where it is the only one, and computes the right one.
func TestDigestCommands(t *testing.T) {
	content := bytes.Repeat([]byte("\x00\r\n龙"), 1000)
	sum := sha256.Sum256(content)
	want := hex.EncodeToString(sum[:])
	tried := 0
	for _, name := range digestCommands {
		home := t.TempDir()
		file := filepath.Join(home, "payload")
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := exec.LookPath(name); err != nil {
			t.Logf("%s is not here", name)
			continue
		}
		path := pathOf(t, name)
		l, err := readLook(bytes.NewReader(run(t, path, home, "mark=m\nneed=1\n"+digestScript+lookScript)), "m", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if l.Sum != name { // a busybox without sha256sum, a cksum before coreutils 9
			t.Logf("%s here does not compute a SHA-256: %q", name, l.Sum)
			continue
		}
		tried++
		got, _, _ := strings.Cut(strings.TrimSpace(string(run(t, path, home, "sum="+name+"\n"+digestScript+"digest_of <"+quoted(file)+"\n"))), " ")
		if got != want {
			t.Errorf("%s: %q, want %s", name, got, want)
		}
	}
	if tried < 2 {
		t.Errorf("%d commands were tried", tried)
	}
	l, err := readLook(bytes.NewReader(run(t, pathOf(t), t.TempDir(), "mark=m\nneed=1\n"+digestScript+lookScript)), "m", time.Now())
	if err != nil || l.Sum != noSum || l.Base == "" {
		t.Errorf("without any: %+v, %v", l, err)
	}
}
