package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/ssh/sshtest"
	"github.com/xcmatrix/xcmatrix/results/needs"
)

// small replaces every directory that a payload could be kept in by a small file system with options of its own.
func small(options string) string {
	return `mkdir /run/keep
mount --bind "$dir" /run/keep
mount -t tmpfs -o mode=1777,` + options + ` none /var/tmp
mount -t tmpfs -o mode=1777,` + options + ` none /tmp
mkdir -p "$dir"
mount --bind /run/keep "$dir"
mount -t tmpfs -o mode=1777,` + options + ` none "$home"`
}

// What keeps a machine from being used is one sentence with the remedy before anything is written, and the exit status says
// whether waiting may help.
func TestSSHBadInput(t *testing.T) {
	otherArch := "arm64"
	if runtime.GOARCH == "arm64" {
		otherArch = "amd64"
	}
	for name, c := range map[string]struct {
		server  sshtest.Options
		private bool                            // needs an account of the server's own
		prepare func(t *testing.T, l remoteLab) // before the run
		mend    func(matrix string) string      // changes the matrix
		code    int
		say     []string
	}{
		"unknown host": {code: exitUsage, say: []string{"lab.yaml:5: target m1: there is no host machine: check the name"},
			prepare: func(t *testing.T, l remoteLab) {
				rewrite(t, l.Config, "HostName 127.0.0.1", "HostName no-such-host.invalid")
			}},
		"unknown host key": {code: exitUsage, say: []string{"the host key of machine is not known: connect once by hand"},
			prepare: func(t *testing.T, l remoteLab) { rewrite(t, l.Known, "ssh-ed25519", "# ssh-ed25519") }},
		"wrong host key": {code: exitUsage, say: []string{"is not the one that is known: find out why"},
			prepare: func(t *testing.T, l remoteLab) {
				key := filepath.Join(l.dir, "other")
				if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
					t.Fatal(string(out))
				}
				public, err := os.ReadFile(key + ".pub")
				if err != nil {
					t.Fatal(err)
				}
				text := fmt.Sprintf("[127.0.0.1]:%d %s", l.Port, public)
				if err := os.WriteFile(l.Known, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}},
		"password prompt": {code: exitUsage, say: []string{"asks for a password or for a key that is not here: set up a key (ssh-copy-id machine)"},
			prepare: func(t *testing.T, l remoteLab) { rewrite(t, l.Config, "IdentityFile", "#IdentityFile") },
			server:  sshtest.Options{Lines: "KbdInteractiveAuthentication yes\nPasswordAuthentication yes"}},
		"no sh": {code: exitUsage, say: []string{"machine has no shell that can be used: sh must be in the PATH"},
			server: sshtest.Options{Lines: "SetEnv PATH=/nonexistent"}},
		"no login": {code: exitUsage, private: true, say: []string{"machine"}, server: sshtest.Options{Shell: "/usr/sbin/nologin"}},
		"disk full": {code: exitUsage, private: true, say: []string{"the disk of machine is full", "make room there"},
			server: sshtest.Options{Mount: small("size=400k")}},
		"noexec": {code: exitUsage, private: true, say: []string{"no directory there can hold a payload", "mounted noexec"},
			server: sshtest.Options{Mount: small("size=400m,noexec")}},
		"another architecture": {code: exitUsage, say: []string{"lab.yaml:5: target m1: machine is Linux/", otherArch + " is declared: correct chip or goarch"},
			mend: func(matrix string) string {
				return strings.Replace(matrix, "goarch: "+runtime.GOARCH, "goarch: "+otherArch, 1)
			}},
		"nobody listens": {code: exitLost, say: []string{"machine: the connection has ended", "refused"},
			prepare: func(_ *testing.T, l remoteLab) { l.Stop() }},
		"no such configuration": {code: exitUsage, say: []string{"ssh does not take its configuration"},
			prepare: func(t *testing.T, l remoteLab) {
				if err := os.Remove(l.Config); err != nil {
					t.Fatal(err)
				}
			}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.private && os.Getuid() != 0 {
				needs.Absent(t, needs.Root, "only root can give the server an account of its own")
			}
			l := newRemoteLabOf(t, c.server, "m1")
			if c.prepare != nil {
				c.prepare(t, l)
			}
			if c.mend != nil {
				text, err := os.ReadFile(l.matrix)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(l.matrix, []byte(c.mend(string(text))), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got := try(t, program(t, l.dir, "run", "--matrix", l.matrix, "--target", "m1", "--suite", "abi", "--quiet"))
			if got.code != c.code {
				t.Errorf("exit status %d, want %d", got.code, c.code)
			}
			for _, say := range c.say {
				if !strings.Contains(got.err, say) {
					t.Errorf("%q, want %q", got.err, say)
				}
			}
			if strings.Count(strings.TrimSpace(got.err), "\n") > 0 {
				t.Errorf("more than one sentence: %q", got.err)
			}
			if _, err := os.Stat(filepath.Join(l.dir, "results")); err == nil {
				t.Error("a run was begun")
			}
		})
	}
}

// rewrite replaces a text in a file.
func rewrite(t *testing.T, path, was, is string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(raw), was) {
		t.Fatalf("%s does not hold %q", path, was)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(raw), was, is)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// One machine that cannot be reached does not delay another: its specs are error, with the reason.
func TestSSHOneOfTwoIsGone(t *testing.T) {
	l := newRemoteLab(t, "m1", "m2")
	gone := l.ClientConfig(t, "gone", 1)
	raw, err := os.ReadFile(l.matrix)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(raw), "\n")
	lines[5] = strings.Replace(lines[5], l.Config, gone, 1)
	if err := os.WriteFile(l.matrix, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	got := try(t, program(t, l.dir, "run", "--matrix", l.matrix, "--target", "m1,m2", "--suite", "selftest", "--spec", "meets its expectation: pass", "--json", "--quiet"))
	if got.code != exitLost || !strings.Contains(got.out, `"verdict": "pass"`) || !strings.Contains(got.out, "refused") {
		t.Errorf("exit status %d: %s %s", got.code, got.err, got.out)
	}
}

// What is wrong with a target that is reached by SSH is told with its place in the matrix.
func TestSSHMatrix(t *testing.T) {
	for name, c := range map[string]struct{ target, want string }{
		"no host":            {"{id: m, goarch: amd64, run: ssh}", "names no host: add host: lab@machine"},
		"an option":          {"{id: m, goarch: amd64, run: ssh, host: -oProxyCommand=id}", "is no host"},
		"a command":          {`{id: m, goarch: amd64, run: ssh, host: "a;id"}`, "is no host"},
		"no architecture":    {"{id: m, run: ssh, host: a}", "names neither chip nor goarch"},
		"host of a native":   {"{id: m, run: native, host: a}", "is not reached by SSH: remove host"},
		"config of a native": {"{id: m, run: native, ssh_config: a}", "is not reached by SSH: remove ssh_config"},
		"one of several":     {"{id: m, goarch: amd64, run: [ssh, native], host: a}", "ssh stands alone"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "lab.yaml")
			if err := os.WriteFile(path, []byte("version: 1\nsuites: [abi]\ntargets:\n  - "+c.target+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			got := try(t, program(t, dir, "run", "--matrix", path))
			if got.code != exitUsage || !strings.Contains(got.err, "lab.yaml:4: target m") || !strings.Contains(got.err, c.want) {
				t.Errorf("exit status %d: %s", got.code, got.err)
			}
		})
	}
}
