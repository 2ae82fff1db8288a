package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
	"github.com/xcmatrix/xcmatrix/matrix/ssh/sshtest"
	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// remoteLab is a directory with a matrix whose machines are reached by SSH.
type remoteLab struct {
	*sshtest.Server
	dir, matrix string
}

// newRemoteLab starts a server, and writes a matrix with targets of it, and native.
func newRemoteLab(t *testing.T, targets ...string) remoteLab {
	t.Helper()
	return newRemoteLabOf(t, sshtest.Options{}, targets...)
}

// newRemoteLabOf is newRemoteLab with another server.
func newRemoteLabOf(t *testing.T, o sshtest.Options, targets ...string) remoteLab {
	t.Helper()
	lock := filepath.Join(os.TempDir(), fmt.Sprintf("xcmatrix-sshtest-%d.lock", os.Getpid()))
	t.Cleanup(func() { os.Remove(lock); os.Remove(lock + ".queue") })
	if !strings.Contains(o.Lines, "SetEnv") {
		o.Lines += "\nSetEnv XCMATRIX_LOCK=" + lock
	}
	l := remoteLab{Server: sshtest.Start(t, o), dir: t.TempDir()}
	l.matrix = l.write(t, "lab.yaml", l.Config, targets...)
	return l
}

// write writes a matrix with targets that are reached by a configuration.
func (l remoteLab) write(t *testing.T, name, config string, targets ...string) string {
	t.Helper()
	var text strings.Builder
	text.WriteString("version: 1\nsuites: [abi]\ntargets:\n  - {id: native, run: native}\n")
	for _, id := range targets {
		fmt.Fprintf(&text, "  - {id: %s, goarch: %s, run: ssh, host: machine, ssh_config: %q}\n", id, runtime.GOARCH, config)
	}
	path := filepath.Join(l.dir, name)
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// A machine that is reached by SSH gives the verdicts that it gives natively, and a second run sends no payload there.
func TestSSH(t *testing.T) {
	l := newRemoteLab(t, "m1", "m2")
	args := []string{"run", "--matrix", l.matrix, "--suite", "selftest", "--label", "!slow", "--seed", "1", "--json"}
	there := try(t, program(t, l.dir, append(args, "--target", "m1,m2")...))
	if there.code != exitLost { // the item holds specs that end in error
		t.Fatalf("exit status %d: %s", there.code, there.err)
	}
	here := try(t, program(t, l.dir, append(args, "--target", "native", "--runs", "here")...))
	want := verdicts(t, here.out)
	var r render.Report
	if err := json.Unmarshal([]byte(there.out), &r); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, s := range r.Specs {
		got[s.Target]++
		if s.Verdict != want[s.ID] {
			t.Errorf("%s %s: %q, natively %q: %v", s.Target, s.ID, s.Verdict, want[s.ID], s.Detail)
		}
	}
	if got["m1"] != len(want) || got["m2"] != len(want) {
		t.Errorf("%v specs, natively %d", got, len(want))
	}
	run, err := store.Load(filepath.Join(l.dir, "results", "runs", "latest"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range run.Cells {
		launch := c.Launch()
		if launch.Provenance != record.Native || launch.Launcher.Name != "ssh" || launch.Launcher.HostKey != l.Fingerprint(t) ||
			!strings.HasPrefix(launch.Payload, "sha256:") || !strings.HasPrefix(launch.Launcher.Coordinator, "sha256:") || launch.Launcher.Version == "" {
			t.Errorf("%+v", launch)
		}
		if c.Machine == nil || c.Machine.Launcher == nil || c.Machine.Launcher.Name != "ssh" {
			t.Errorf("the machine event of %s does not say how it was reached", c.Target)
		}
	}
	if logs, err := filepath.Glob(filepath.Join(run.Dir, "attachments", "m1", "selftest", "*.log.gz")); err != nil || len(logs) == 0 {
		t.Errorf("no attachments: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(l.Home, ".cache", "xcmatrix", "sessions", "*")); err != nil || len(left) > 0 {
		t.Errorf("left there: %v", left)
	}
}

// Where a machine has no server, its specs reach the coordinator's by the connection. A connection that breaks costs no
// verdict: what is left begins again with the next one, in a session of its own.
func TestSSHForwardsServers(t *testing.T) {
	if os.Getuid() != 0 {
		needs.Absent(t, needs.Root, "only root can hide the servers from an account of the test's own")
	}
	if _, err := daemon.Find("postgres", "/usr/lib/postgresql/*/bin"); err != nil {
		needs.Absent(t, needs.PostgreSQL, "there is no PostgreSQL here: make setup")
	}
	l := newRemoteLabOf(t, sshtest.Options{Mount: "mount -t tmpfs none /usr/lib/postgresql"}, "m1")
	args := []string{"run", "--matrix", l.matrix, "--suite", "database", "--seed", "1", "--json"}
	var plan record.Plan
	if err := json.Unmarshal([]byte(try(t, program(t, l.dir, "exec", "--suite", "database", "--list")).out), &plan); err != nil {
		t.Fatal(err)
	}
	for _, p := range plan.Specs { // a server that is elsewhere cannot be restarted
		if strings.HasPrefix(p.ID, "postgres / ") && !p.Measures() && !strings.Contains(p.ID, "restarted") && len(args) < 70 {
			args = append(args, "--spec", p.ID)
		}
	}
	want := byVerdict(t, try(t, program(t, l.dir, append(args, "--target", "native", "--runs", "here")...)).out)
	cmd := program(t, l.dir, append(args, "--target", "m1")...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(2 * time.Minute); len(over(".bound-", "--supervise", "nothing")) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no session whose servers are here: " + errs.String())
		}
	}
	time.Sleep(time.Second)
	l.Cut()
	_ = cmd.Wait() // its status is that of its verdicts
	got := byVerdict(t, out.String())
	for id, verdict := range want {
		if got[id] != verdict {
			t.Errorf("%s: %q, natively %q", id, got[id], verdict)
		}
	}
	if !strings.Contains(errs.String(), "m1: there are no servers over there") || len(got) != len(want) {
		t.Errorf("%d specs, natively %d: %s", len(got), len(want), errs.String())
	}
	for end := time.Now().Add(20 * time.Second); len(over(".bound-", "--supervise", "nothing")) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a session goes on without its servers")
		}
	}
}

// byVerdict are the verdicts of a report by item and spec.
func byVerdict(t *testing.T, report string) map[string]record.Verdict {
	t.Helper()
	var r render.Report
	if err := json.Unmarshal([]byte(report), &r); err != nil {
		t.Fatalf("%v: %.200q", err, report)
	}
	got := map[string]record.Verdict{}
	for _, s := range r.Specs {
		got[s.Item+" "+s.ID] = s.Verdict
	}
	return got
}

// The user's own tests give the verdicts on a machine that is reached by SSH that they give natively.
func TestSSHOwnTests(t *testing.T) {
	l := newRemoteLab(t, "m1")
	module := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/there\n\ngo 1.26\n",
		"a_test.go": `package there

import (
	"os"
	"testing"
)

func TestPasses(t *testing.T) {
	t.Attr("colour", "blue")
	if err := os.WriteFile(t.ArtifactDir()+"/kept", []byte("kept"), 0o644); err != nil {
		t.Fatal(err)
	}
}
func TestFails(t *testing.T) { t.Error("it fails") }
func TestCrashes(t *testing.T) { os.Exit(0) }
func TestSkips(t *testing.T) { t.Skip("not here") }
`,
		"broken/b_test.go": "package broken\n\nfunc TestB(t *testing.T) {}\n",
	} {
		path := filepath.Join(module, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	there := try(t, program(t, module, "test", "--matrix", l.matrix, "--json", "--quiet"))
	if there.code != exitFound {
		t.Fatalf("exit status %d: %s", there.code, there.err)
	}
	var r render.Report
	if err := json.Unmarshal([]byte(there.out), &r); err != nil {
		t.Fatal(err)
	}
	got := map[string]map[string]string{}
	for _, s := range r.Specs {
		if got[s.Target] == nil {
			got[s.Target] = map[string]string{}
		}
		got[s.Target][strings.TrimPrefix(s.ID, "test/example.com/there/")] = string(s.Verdict)
	}
	want := map[string]string{"build": "pass", "vet": "pass", "TestPasses": "pass", "TestFails": "fail", "TestCrashes": "crash", "TestSkips": "skip",
		"broken/build": "fail", "broken/vet": "fail", "broken/TestB": "miss"}
	for _, target := range []string{"native", "m1"} {
		for id, verdict := range want {
			if got[target][id] != verdict && id != "broken/vet" {
				t.Errorf("%s %s: %q, want %q", target, id, got[target][id], verdict)
			}
		}
		if kept, _ := filepath.Glob(filepath.Join(module, "results/runs/*/attachments", target, "test/*.artifacts.tar.gz")); len(kept) == 0 {
			t.Errorf("%s: no artifact came", target)
		}
	}
}
