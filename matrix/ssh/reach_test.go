package ssh

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/ssh/sshtest"
	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// machine is a host that is the server of the test.
func machine(s *sshtest.Server) Host {
	return Host{Target: "m", Place: "lab.yaml:3", Name: "machine", Config: s.Config}
}

func TestReach(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	m, err := Reach(t.Context(), machine(s))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if m.System != "Linux" || m.GOARCH() != runtime.GOARCH || m.Kernel == "" || m.Page != os.Getpagesize() || m.Signals != 16 ||
		!strings.HasPrefix(m.Base, s.Home) || m.Free < needed || m.Sum == "" || m.Clock.Abs() > 1e9 {
		t.Errorf("%+v", m.Look)
	}
	if m.HostKey != s.Fingerprint(t) || !strings.HasPrefix(m.Client, "OpenSSH_") {
		t.Errorf("host key %q, client %q", m.HostKey, m.Client)
	}
	if err := m.Check("linux", runtime.GOARCH, ""); err != nil {
		t.Error(err)
	}
	var problem *record.Problem
	if err := m.Check("linux", "riscv64", ""); !errors.As(err, &problem) || !strings.Contains(err.Error(), "is declared") {
		t.Error(err)
	}
}

// What the processor can do is read where the kernel says it.
func TestReachReadsFeatures(t *testing.T) {
	if os.Getuid() != 0 {
		needs.Absent(t, needs.Root, "only root can give the server another /proc/cpuinfo")
	}
	cpuinfo := filepath.Join(t.TempDir(), "cpuinfo")
	text := "system type\t\t: generic-loongson-machine\n\nprocessor\t\t: 0\nFeatures\t\t: cpucfg lam ual fpu crc32\n\nprocessor\t\t: 1\nFeatures\t\t: lsx\n"
	if err := os.WriteFile(cpuinfo, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s := sshtest.Start(t, sshtest.Options{Mount: "mount --bind " + quoted(cpuinfo) + " /proc/cpuinfo"})
	m, err := Reach(t.Context(), machine(s))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if got := strings.Join(m.Features, " "); got != "cpucfg lam ual fpu crc32" {
		t.Errorf("features %q", got)
	}
}

// A payload is a script here: what it is matters to nobody but the one that starts it.
func TestSendAndStart(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	path := filepath.Join(t.TempDir(), "payload")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho \"$1 $2\"\nexec cat\n"+strings.Repeat("#", 1<<20)), 0o755); err != nil {
		t.Fatal(err)
	}
	digest, err := build.Digest(path)
	if err != nil {
		t.Fatal(err)
	}
	p := build.Payload{Path: path, Digest: digest}
	for range 2 {
		m, err := Reach(t.Context(), machine(s))
		if err != nil {
			t.Fatal(err)
		}
		if !m.Has(p) {
			if err := m.Send(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
		c, err := m.Start(t.Context(), p, "session", []byte("read first\n"))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"remote session\n", "read first\n"} {
			if got, err := c.ReadString('\n'); got != want || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		}
		c.Close()
	}
	// One that was changed there is not started.
	kept := filepath.Join(s.Home, ".cache/xcmatrix/payloads", strings.Replace(digest, ":", "-", 1))
	if err := os.WriteFile(kept, []byte("#!/bin/sh\necho evil\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	m, err := Reach(t.Context(), machine(s))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Start(t.Context(), p, "session", nil); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
	if _, err := os.Stat(kept); err == nil {
		t.Error("the damaged payload is still there")
	}
}

// What keeps ssh from logging in is said in one sentence, with the remedy.
func TestRefusals(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	other := filepath.Join(t.TempDir(), "other")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other).CombinedOutput(); err != nil {
		t.Fatal(string(out))
	}
	known, err := os.ReadFile(s.Known)
	if err != nil {
		t.Fatal(err)
	}
	public, err := os.ReadFile(other + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "known_hosts")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return "UserKnownHostsFile " + path
	}
	where, _, _ := strings.Cut(string(known), " ")
	lax := "\nHost *\nStrictHostKeyChecking no\nNoHostAuthenticationForLocalhost yes\n"
	for name, c := range map[string]struct{ config, want string }{
		"unknown host key": {"Host machine\n" + write("") + lax, "the host key of machine is not known: connect once by hand"},
		"wrong host key":   {"Host machine\n" + write(where+" "+string(public)) + lax, "is not the one that is known"},
		"another key":      {"Host machine\nIdentityFile " + other + "\n", "asks for a password or for a key that is not here"},
		"unknown host":     {"Host machine\nHostName no-such-host.invalid\n", "there is no host machine"},
		"bad option":       {"Host machine\nNoSuchOption yes\n", "ssh does not take its configuration"},
	} {
		t.Run(name, func(t *testing.T) {
			rest, err := os.ReadFile(s.Config)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "config")
			text := c.config + string(rest)
			if name == "another key" {
				text = c.config + strings.Join(removed(string(rest), "IdentityFile"), "\n")
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			h := machine(s)
			h.Config = path
			_, err = Reach(t.Context(), h)
			var problem *record.Problem
			if !errors.As(err, &problem) || !strings.Contains(problem.En, c.want) || problem.Place != h.Place || problem.Zh == "" || strings.Contains(problem.En, "\n") {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		h := machine(s)
		s.Stop()
		if _, err := Reach(t.Context(), h); !Lost(err) || !strings.Contains(err.Error(), "refused") {
			t.Error(err)
		}
	})
}

func removed(text, word string) (kept []string) {
	for line := range strings.Lines(text) {
		if !strings.Contains(line, word) {
			kept = append(kept, strings.TrimSuffix(line, "\n"))
		}
	}
	return kept
}

// A payload for which there is no room when it arrives leaves nothing behind, and is refused in one sentence.
func TestSendToAFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		needs.Absent(t, needs.Root, "only root can give the server a small disk")
	}
	s := sshtest.Start(t, sshtest.Options{Mount: `mount -t tmpfs -o mode=1777,size=170m none "$home"`})
	path := filepath.Join(t.TempDir(), "payload")
	if err := os.WriteFile(path, bytes.Repeat([]byte("#"), 200<<20), 0o755); err != nil {
		t.Fatal(err)
	}
	digest, err := build.Digest(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Reach(t.Context(), machine(s))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var problem *record.Problem
	if err := m.Send(t.Context(), build.Payload{Path: path, Digest: digest}); !errors.As(err, &problem) || !strings.Contains(problem.En, "the disk of machine is full: make room below") {
		t.Error(err)
	}
	again, err := Reach(t.Context(), machine(s))
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if again.Free < 168<<10 || len(again.Payloads) > 0 {
		t.Errorf("%d KiB are free, and %v there", again.Free, again.Payloads)
	}
}
