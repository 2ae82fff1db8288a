package cli

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// fleetLab is a directory with a hub, and agents that run.
type fleetLab struct {
	*testing.T
	dir, address string
	hub          *exec.Cmd
	agents       map[string]*exec.Cmd
}

func newFleetLab(t *testing.T, agents ...string) *fleetLab {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free.Close()
	l := &fleetLab{T: t, dir: t.TempDir(), address: free.Addr().String(), agents: map[string]*exec.Cmd{}}
	l.startHub()
	l.must("hub", "enrol", "--coordinator", "desk")
	matrix := "version: 1\nsuites: [abi]\ntargets:\n  - {id: native, run: native}\n"
	for _, name := range agents {
		l.must("hub", "enrol", name, "--label", "of-"+name)
		l.startAgent(name)
		matrix += fmt.Sprintf("  - {id: %[1]s, goarch: %[2]s, run: fleet, labels: [of-%[1]s]}\n", name, runtime.GOARCH)
	}
	matrix += fmt.Sprintf("  - {id: any, goarch: %s, run: fleet}\n  - {id: none, goarch: %[1]s, run: fleet, labels: [absent]}\n", runtime.GOARCH)
	if err := os.WriteFile(filepath.Join(l.dir, "fleet.yaml"), []byte(matrix), 0o644); err != nil {
		t.Fatal(err)
	}
	l.waitFor("all machines report", func() bool {
		return strings.Count(l.must("hub", "machines", "--hub", "desk.credential", "--json").out, `"seen"`) == len(agents)
	})
	return l
}

func (l *fleetLab) must(args ...string) said {
	l.Helper()
	s := try(l.T, program(l.T, l.dir, args...))
	if s.code != exitPass {
		l.Fatalf("%v: exit status %d\n%s%s", args, s.code, s.out, s.err)
	}
	return s
}

func (l *fleetLab) waitFor(what string, holds func() bool) {
	l.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if holds() {
			return
		}
	}
	l.Fatalf("%s: not so within two minutes", what)
}

// start starts a command that runs until it is killed, with its output in a file.
func (l *fleetLab) start(log string, args ...string) *exec.Cmd {
	l.Helper()
	cmd := program(l.T, l.dir, args...)
	out, err := os.OpenFile(filepath.Join(l.dir, log), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		l.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = append(cmd.Env, "XCMATRIX_LOCK="+filepath.Join(l.dir, log+".lock"))
	if err := cmd.Start(); err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd
}

func (l *fleetLab) startHub() {
	l.Helper()
	l.hub = l.start("hub.log", "hub", "start", "--listen", l.address, "--address", l.address)
	l.waitFor("the hub listens", func() bool {
		c, err := net.Dial("tcp", l.address)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

func (l *fleetLab) startAgent(name string) {
	l.Helper()
	l.agents[name] = l.start(name+".log", "agent", "--hub", name+".credential", "--dir", "agent-"+name)
}

// kill ends a process as a power cut does, and waits for its end.
func (l *fleetLab) kill(cmd *exec.Cmd) {
	l.Helper()
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		l.Fatal(err)
	}
	_ = cmd.Wait()
}

// run returns the arguments of a run of targets by the hub.
func (l *fleetLab) run(targets string, more ...string) []string {
	return append([]string{"run", "--matrix", "fleet.yaml", "--suite", "selftest", "--label", "!slow", "--seed", "1", "--json", "--target", targets}, more...)
}

// A machine of a fleet gives the verdicts that it gives natively, and its key stands behind them.
func TestFleet(t *testing.T) {
	l := newFleetLab(t, "m1", "m2")
	want := verdicts(t, try(t, program(t, l.dir, l.run("native", "--runs", "here")...)).out)
	there := try(t, program(t, l.dir, l.run("m1,m2,any", "--hub", "desk.credential")...))
	if there.code != exitLost { // the item holds specs that end in error
		t.Fatalf("exit status %d: %s", there.code, there.err)
	}
	l.sameVerdicts(there.out, want, "m1", "m2", "any")
	run, err := store.Load(filepath.Join(l.dir, "results", "runs", "latest"))
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for _, c := range run.Cells {
		launch := c.Launch()
		if launch.Provenance != record.Native || launch.Launcher.Name != "fleet" || !strings.HasPrefix(launch.Launcher.HostKey, "sm3:") {
			t.Errorf("%+v", launch)
		}
		keys[c.Target] = launch.Launcher.HostKey
	}
	if keys["m1"] == keys["m2"] || keys["any"] != keys["m1"] && keys["any"] != keys["m2"] {
		t.Errorf("machine keys %v", keys)
	}
	if left, err := filepath.Glob(filepath.Join(l.dir, "agent-*", "cache", "xcmatrix", "sessions", "*")); err != nil || len(left) > 0 {
		t.Errorf("left there: %v", left)
	}
	none := try(t, program(t, l.dir, l.run("none", "--hub", "desk.credential")...))
	if none.code != exitUsage || !strings.Contains(none.err, "no machine of the fleet is linux/"+runtime.GOARCH+", labels absent") {
		t.Errorf("no machine: %d %s", none.code, none.err)
	}
	without := try(t, program(t, l.dir, l.run("m1")...))
	if without.code != exitUsage || !strings.Contains(without.err, "--hub: target m1 runs on a fleet") {
		t.Errorf("no hub: %d %s", without.code, without.err)
	}
}

func (l *fleetLab) sameVerdicts(out string, want map[string]record.Verdict, targets ...string) {
	l.Helper()
	var r render.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		l.Fatal(err)
	}
	got := map[string]int{}
	for _, s := range r.Specs {
		got[s.Target]++
		if s.Verdict != want[s.ID] {
			l.Errorf("%s %s: %q, natively %q: %v", s.Target, s.ID, s.Verdict, want[s.ID], s.Detail)
		}
	}
	for _, target := range targets {
		if got[target] != len(want) {
			l.Errorf("%s: %d specs, natively %d", target, got[target], len(want))
		}
	}
}

// A detached run goes on without its coordinator, and is followed from anywhere; a killed agent costs nothing.
func TestFleetDetached(t *testing.T) {
	l := newFleetLab(t, "m1")
	want := verdicts(t, try(t, program(t, l.dir, l.run("native", "--runs", "here")...)).out)
	began := l.must(l.run("m1", "--hub", "desk.credential", "--detach")...)
	var made struct{ Run string }
	if err := json.Unmarshal([]byte(began.out), &made); err != nil || made.Run == "" {
		t.Fatalf("%v: %s", err, began.out)
	}
	for _, runs := range []string{"elsewhere", "results/runs"} {
		got := try(t, program(t, l.dir, "watch", made.Run, "--hub", "desk.credential", "--json", "--runs", runs))
		if got.code != exitLost || got.out == "" { // the item holds specs that end in error
			t.Fatalf("%s: exit status %d: %s", runs, got.code, got.err)
		}
		l.sameVerdicts(got.out, want, "m1")
	}
	for words, args := range map[string][]string{
		"no such run was detached at this hub": {"watch", "20200101-000000-aaaa", "--hub", "desk.credential"},
		"name the coordinator's credential":    {"watch", made.Run},
		"does not run on a fleet":              l.run("native,m1", "--hub", "desk.credential", "--detach"),
	} {
		if got := try(t, program(t, l.dir, args...)); got.code != exitUsage || !strings.Contains(got.err, words) {
			t.Errorf("%v: exit status %d: %s", args, got.code, got.err)
		}
	}
}

// An agent that is killed and started again finishes its job; so does a run whose hub is killed and started again.
func TestFleetKills(t *testing.T) {
	l := newFleetLab(t, "m1")
	want := verdicts(t, try(t, program(t, l.dir, l.run("native", "--runs", "here")...)).out)
	cmd := program(t, l.dir, l.run("m1", "--hub", "desk.credential")...)
	done := make(chan said, 1)
	go func() { done <- try(t, cmd) }()
	begun := func() bool {
		_, err := os.Stat(filepath.Join(l.dir, "agent-m1", "job.json"))
		return err == nil
	}
	l.waitFor("the job begins", begun)
	l.kill(l.agents["m1"])
	l.startAgent("m1")
	l.kill(l.hub)
	l.startHub()
	l.sameVerdicts((<-done).out, want, "m1")
}
