package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/ssh/sshtest"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
)

// cuts and coordinatorKills are how often what a run by SSH hangs on is ended: a few times, or as often as
// `make unplug-ssh` says.
func cuts() (cuts, coordinatorKills int) {
	if os.Getenv("XCMATRIX_TEST_UNPLUG") != "" {
		return 20, 10
	}
	return 4, 2
}

// over are the processes of a session over there that have a word among their arguments, and another one not.
func over(session, has, hasNot string) (pids []int) {
	paths, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range paths {
		line, err := os.ReadFile(path)
		pid, errNumber := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil || errNumber != nil {
			continue
		}
		args := bytes.Split(bytes.TrimSuffix(line, []byte{0}), []byte{0})
		contains := func(word string) bool {
			return bytes.Contains(append(append([]byte{0}, bytes.Join(args, []byte{0})...), 0), []byte("\x00"+word+"\x00"))
		}
		if len(args) > 2 && bytes.Contains(args[len(args)-1], []byte(session)) && contains(has) && !contains(hasNot) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func kill(pids []int) int {
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	return len(pids)
}

// Whatever breaks the connection of a run, and whoever is killed over there, its verdicts are those of a run that was left
// in peace, none of them comes twice, and the journal is whole.
func TestSSHCuts(t *testing.T) {
	cuts, _ := cuts()
	l := newRemoteLab(t, "m1")
	p := sshtest.NewProxy(t, l.Port)
	throughProxy := l.write(t, "proxy.yaml", l.ClientConfig(t, "proxy", p.Port, "  ServerAliveInterval 1"), "m1")
	args := []string{"run", "--matrix", throughProxy, "--target", "m1", "--suite", "selftest", "--label", "!slow", "--seed", "1", "--json", "--wait", "2m"}
	began := time.Now()
	undisturbed := try(t, program(t, l.dir, args...))
	whole := time.Since(began)
	if undisturbed.code != exitLost {
		t.Fatalf("exit status %d: %s", undisturbed.code, undisturbed.err)
	}
	want := verdicts(t, undisturbed.out)
	kinds := []struct {
		name string
		cut  func() int
	}{
		{"the server's side of the connection", func() int { l.Cut(); return 1 }},
		{"the network", func() int { p.Cut(); return 1 }},
		{"a link that is dead for a while", func() int { p.Stop(); time.Sleep(2 * time.Second); p.Cut(); p.Go(); return 1 }},
		{"what serves the connection there", func() int { return kill(over(".m1.", "remote", "--supervise")) }},
		{"the supervisor there", func() int { return kill(over(".m1.", "--supervise", "nothing")) }},
	}
	random := rand.New(rand.NewPCG(3, 4))
	done := map[string]int{}
	for n, tries := 0, 0; n < cuts && tries < 3*cuts; tries++ {
		runs := filepath.Join(l.dir, fmt.Sprintf("cut%d", tries))
		cmd := program(t, l.dir, append(args, "--runs", runs)...)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			_ = cmd.Wait() // its status says what its verdicts call for
			close(ended)
		}()
		said := ""
	disturb:
		for begun := false; ; {
			select {
			case <-ended:
				break disturb
			case <-time.After(time.Duration(random.Int64N(int64(whole)/2 + 1))):
			}
			// Before the session has begun a machine that is not there is an error at once.
			if begun = begun || len(over(".m1.", "--supervise", "nothing")) > 0; !begun || n >= cuts {
				continue
			}
			kind := kinds[random.IntN(len(kinds))]
			if kind.cut() > 0 {
				n++
				done[kind.name]++
				said += "; " + kind.name
			}
		}
		if code := cmd.ProcessState.ExitCode(); code != exitLost {
			t.Fatalf("run %d%s: exit status %d: %s", tries, said, code, errs.String())
		}
		got := verdicts(t, out.String())
		for id, verdict := range want {
			if got[id] != verdict {
				t.Errorf("run %d%s: %s: %q, want %q", tries, said, id, got[id], verdict)
			}
		}
		sound(t, runs)
	}
	t.Logf("cuts: %v; a run that was left in peace took %v", done, whole)
	if len(done) == 0 {
		t.Error("nothing was cut")
	}
}

// A coordinator that is killed, and resumed, has what happened over there meanwhile.
func TestSSHCoordinatorKilled(t *testing.T) {
	_, kills := cuts()
	l := newRemoteLab(t, "m1")
	args := []string{"--matrix", l.matrix, "--json", "--quiet"}
	run := append([]string{"run", "--target", "m1", "--suite", "selftest", "--label", "!slow", "--seed", "1"}, args...)
	began := time.Now()
	undisturbed := try(t, program(t, l.dir, run...))
	whole := time.Since(began)
	want := verdicts(t, undisturbed.out)
	random := rand.New(rand.NewPCG(5, 6))
	resumed := 0
	for i := 0; i < 3*kills && resumed < kills; i++ {
		runs := filepath.Join(l.dir, fmt.Sprintf("kill%d", i))
		killDuring(t, l.dir, runs, time.Duration(random.Int64N(int64(whole))), false, run)
		got := try(t, program(t, l.dir, append([]string{"run", "--resume", "latest", "--runs", runs}, args...)...))
		if got.code == exitUsage { // before there was a run
			continue
		}
		resumed++
		verdictsNow := verdicts(t, got.out)
		for id, verdict := range want {
			if verdictsNow[id] != verdict {
				t.Errorf("kill %d: %s: %q, want %q", i, id, verdictsNow[id], verdict)
			}
		}
		if n := sound(t, runs); n > sound(t, filepath.Join(l.dir, "results", "runs")) {
			t.Errorf("kill %d: %d processes: the work there was not gone on with", i, n)
		}
	}
	t.Logf("%d kills of the coordinator; a run that was left in peace took %v", resumed, whole)
	if resumed < kills {
		t.Errorf("%d of %d kills came while there was a run", resumed, kills)
	}
}

// A machine that stays away is waited for as long as --wait says; what is left on it is error, with the reason. Another
// machine is not delayed, and keeps its verdicts.
func TestSSHVanishes(t *testing.T) {
	l := newRemoteLab(t, "m1", "m2")
	p := sshtest.NewProxy(t, l.Port)
	text, err := os.ReadFile(l.matrix)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	lines[5] = strings.Replace(lines[5], l.Config, l.ClientConfig(t, "proxy", p.Port), 1) // m2
	if err := os.WriteFile(l.matrix, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := program(t, l.dir, "run", "--matrix", l.matrix, "--target", "m1,m2", "--suite", "selftest", "--label", "!slow", "--seed", "1", "--json", "--wait", "1s")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); len(over(".m2.", "--supervise", "nothing")) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no supervisor")
		}
	}
	p.Close()
	_ = cmd.Wait() // its status is looked at below
	if code := cmd.ProcessState.ExitCode(); code != exitLost {
		t.Errorf("exit status %d: %s", code, errs.String())
	}
	var r render.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	lost, reached := 0, 0
	for _, s := range r.Specs {
		gone := strings.Contains(s.Detail, "it cannot be reached any more")
		switch {
		case s.Target == "m1" && gone:
			t.Errorf("m1 was reached all the time: %s", s.Detail)
		case s.Target == "m1":
			reached++
		case gone && s.Verdict == record.Error:
			lost++
		}
	}
	if lost == 0 || reached == 0 || !r.Complete {
		t.Errorf("%d specs lost on m2, %d reached on m1, complete: %t", lost, reached, r.Complete)
	}
	kill(over(".m2.", "--supervise", "nothing"))
}

// Ctrl-C stops the work over there too, and the run can be resumed.
func TestSSHInterrupted(t *testing.T) {
	l := newRemoteLab(t, "m1")
	args := []string{"--matrix", l.matrix, "--json"}
	cmd := program(t, l.dir, append([]string{"run", "--target", "m1", "--suite", "selftest", "--label", "!slow", "--seed", "1"}, args...)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); len(over(".m1.", "--supervise", "nothing")) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no supervisor")
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // its status is looked at below
	if code := cmd.ProcessState.ExitCode(); code != exitLost || !strings.Contains(errs.String(), "run --matrix "+l.matrix+" --resume") {
		t.Errorf("exit status %d: %s", code, errs.String())
	}
	for end := time.Now().Add(20 * time.Second); len(over(".m1.", "--supervise", "nothing")) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the work there goes on")
		}
	}
	resumed := try(t, program(t, l.dir, append([]string{"run", "--resume", "latest", "--quiet"}, args...)...))
	if resumed.code != exitLost || len(verdicts(t, resumed.out)) == 0 {
		t.Errorf("exit status %d: %s", resumed.code, resumed.err)
	}
	sound(t, filepath.Join(l.dir, "results", "runs"))
	without := try(t, program(t, l.dir, "run", "--resume", "latest"))
	if without.code == exitUsage {
		t.Errorf("a run with nothing left needs no machine: %s", without.err)
	}
}
