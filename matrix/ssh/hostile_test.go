package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// hostile makes ssh a script that logs in to nothing: what follows is what the machine does.
func hostile(t *testing.T, does string) Host {
	t.Helper()
	dir := t.TempDir()
	script := `#!/bin/sh
if [ "$1" = -V ]; then echo OpenSSH_9.9p1 >&2; exit 0; fi
while [ "$1" != -E ]; do shift; done
echo "Host key fingerprint is SHA256:0123" >"$2"
looked() {
	read -r mark
	mark=${mark#mark=}
	while read -r line; do if [ "$line" = "#go" ]; then break; fi; done
	printf '%s begin\nsystem=Linux\nmachine=x86_64\nkernel=6.6.0\nbase=/home/lab\nfree=900000\nsum=sha256sum\n%s end\n' "$mark" "$mark"
}
` + does + "\n"
	if err := os.WriteFile(filepath.Join(dir, "ssh"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return Host{Target: "m", Place: "lab.yaml:3", Name: "machine"}
}

// quickly fails the test if what it times takes longer than a hostile machine may keep a run.
func quickly(t *testing.T) {
	t.Helper()
	began := time.Now()
	t.Cleanup(func() {
		if took := time.Since(began); took > time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}

// A machine that lets itself be logged in to, and then hangs or prints without end, keeps a run for a limited time.
func TestHostileLook(t *testing.T) {
	for name, c := range map[string]struct {
		does, want string
		lost       bool // trying again may help
	}{
		"silent":                 {"exec sleep 600", "machine: it gave no answer within 1s: log in by hand", true},
		"silent within the look": {`read -r mark; echo "${mark#mark=} begin"; exec sleep 600`, "it gave no answer within 1s", true},
		"errors without end":     {"exec yes nonsense >&2", "it gave no answer within 1s", true},
		"lines without end":      {"exec yes", "machine prints without end where an answer is expected: see what the login scripts", false},
		"a line without end":     {"exec cat /dev/zero", "prints without end", false},
		"ends at once":           {"exit 0", "ends every command without running it", false},
	} {
		t.Run(name, func(t *testing.T) {
			quickly(t)
			h := hostile(t, c.does)
			if c.lost {
				h.patience = time.Second
			}
			_, err := Reach(t.Context(), h)
			if err == nil || !strings.Contains(err.Error(), c.want) || Lost(err) != c.lost || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want %q", err, c.want)
			}
			var problem *record.Problem
			if !c.lost && (!errors.As(err, &problem) || problem.Place != "lab.yaml:3" || problem.Zh == "") {
				t.Errorf("%v does not say where", err)
			}
		})
	}
}

// A machine that looks well may be silent for as long as it likes until it is told to start a payload, and then no longer.
func TestHostileStart(t *testing.T) {
	payload := build.Payload{Digest: "sha256:" + strings.Repeat("0", 64)}
	for name, c := range map[string]struct {
		does, want string
		request    int // bytes
	}{
		"silent":          {"looked; exec sleep 600", "it gave no answer within 1s", 10},
		"takes nothing":   {"looked; exec sleep 600", "it gave no answer within 1s", 8 << 20},
		"prints":          {"looked; read -r start; exec cat /dev/zero", "prints without end", 10},
		"another answer":  {"looked; read -r start; echo sudo: a password is required; sleep 600", `answers "sudo: a password is required"`, 10},
		"ends at once":    {"looked; exit 3", "the connection has ended", 8 << 20},
		"says it started": {`looked; read -r start; echo "$mark started"; exec sleep 600`, "", 10},
	} {
		t.Run(name, func(t *testing.T) {
			quickly(t)
			m, err := Reach(t.Context(), hostile(t, c.does))
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			if m.connection.timer.Stop() {
				t.Error("the machine has no time while payloads are built")
			}
			if strings.Contains(c.want, "no answer") {
				m.patience = time.Second
			}
			connection, err := m.Start(t.Context(), payload, "s", bytes.Repeat([]byte("x"), c.request))
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				connection.Close()
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// A machine that does not take the payload, or answers it with anything else, ends the transfer in a limited time.
func TestHostileTransfer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "payload")
	if err := os.WriteFile(path, bytes.Repeat([]byte("payload"), 1<<20), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ does, want string }{
		"takes nothing":         {"exec sleep 600", "it gave no answer within 1s"},
		"takes all, is silent":  {"cat >/dev/null; exec sleep 600", "it gave no answer within 1s"},
		"prints":                {"exec yes", "prints without end"},
		"says it kept, prints":  {`read -r mark; echo "${mark#mark=} kept"; exec yes`, "prints without end"},
		"another answer":        {`read -r mark; cat >/dev/null; echo "${mark#mark=} owned"`, "did not arrive whole on machine (owned): try again"},
		"full":                  {`read -r mark; cat >/dev/null; echo "${mark#mark=} full"`, "the disk of machine is full"},
		"ends without a word":   {"exit 0", ""},
		"breaks off with a cry": {"echo help >&2; exit 255", "the connection has ended: help"},
	} {
		t.Run(name, func(t *testing.T) {
			quickly(t)
			h := hostile(t, c.does)
			if strings.Contains(c.want, "no answer") {
				h.patience = time.Second
			}
			m := &Machine{Host: h, Look: Look{Base: "/home/lab"}, mark: "xcmatrix-MARK"}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			err := m.Send(ctx, build.Payload{Path: path, Digest: "sha256:0"})
			if err == nil || !strings.Contains(err.Error(), c.want) || len(m.Payloads) > 0 {
				t.Errorf("%v, want %q", err, c.want)
			}
			if c.want != "" && strings.Contains(fmt.Sprint(err), "\n") {
				t.Errorf("more than one line: %v", err)
			}
		})
	}
}
