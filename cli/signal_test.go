package cli

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/results/temporary"
)

// deaf is the program with verbs that do not end by themselves: one that never looks at its context, and one that looks
// at it and goes on.
func deaf(args []string) int {
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, lang: "en"}
	root := a.root(false)
	forever := func(cmd *cobra.Command, args []string) error {
		if args[0] == "looks" {
			_ = cmd.Context().Err()
		}
		if _, err := temporary.Dir(".", ".new-*"); err != nil {
			return err
		}
		os.Stdout.WriteString("begun\n")
		select {}
	}
	root.AddCommand(&cobra.Command{Use: "deaf", RunE: forever})
	root.SetArgs(args)
	return a.execute(root, args)
}

// ends waits for the end of a command, and fails when it takes longer.
func ends(t *testing.T, cmd *exec.Cmd, within time.Duration) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended stands in ProcessState
		close(done)
	}()
	began := time.Now()
	select {
	case <-done:
		t.Logf("%s ended after %v", strings.Join(cmd.Args[1:], " "), time.Since(began).Round(time.Millisecond))
	case <-time.After(within):
		t.Errorf("%s goes on after %v", strings.Join(cmd.Args[1:], " "), within)
		_ = cmd.Process.Kill()
		<-done
	}
}

// begun starts a command and waits until its output or what it says of itself holds a text.
func begun(t *testing.T, cmd *exec.Cmd, text string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	err = cmd.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	said := ""
	for in := bufio.NewScanner(r); in.Scan(); {
		if said += in.Text() + "\n"; strings.Contains(in.Text(), text) {
			go io.Copy(io.Discard, r)
			return
		}
	}
	_ = cmd.Wait()
	t.Fatalf("%v ended before it said %q: %s", cmd.Args[1:], text, said)
}

// Ctrl-C and SIGTERM end every verb, whatever it does; the second one at once.
func TestSignalsEndEveryVerb(t *testing.T) {
	held := filepath.Join(t.TempDir(), "lock")
	for name, c := range map[string]struct {
		as, until string // how it is started, and what it says when it has begun
		env       string
		args      []string
		again     bool
		code      int // -1: ended by the signal itself
	}{
		"a payload by hand that spins": {"1", "spec-start", "GODEBUG=asyncpreemptoff=1", []string{"exec", "--suite", "selftest", "--spec", "hangs in a spin: timeout"}, false, -1},
		"serve":                        {"1", "http://", "", []string{"serve", "--listen", "127.0.0.1:0"}, false, exitPass},
		"does not look":                {"deaf", "begun", "", []string{"deaf", "at all"}, false, exitLost},
		"looks and goes on":            {"deaf", "begun", "", []string{"deaf", "looks"}, true, -1},
		"a lock that is not free":      {"1", "waiting", "", []string{"ab", "--suite", "gc"}, false, exitLost},
		"power":                        {"1", "", "", []string{"compare", "power", "--comparisons", "1000000"}, false, exitLost},
	} {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			t.Run(name+"/"+signal.String(), func(t *testing.T) {
				dir := t.TempDir()
				cmd := program(t, dir, c.args...)
				cmd.Env = append(cmd.Env, asProgram+"="+c.as, c.env, "XCMATRIX_LOCK="+held)
				if strings.Contains(name, "lock") {
					hold(t, held)
				}
				if c.until == "" {
					if err := cmd.Start(); err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Second)
				} else {
					begun(t, cmd, c.until)
				}
				if err := cmd.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
				if c.again { // until it comes behind the first, which a busy machine takes its time to see
					go func() {
						for time.Sleep(300 * time.Millisecond); cmd.Process.Signal(signal) == nil; time.Sleep(300 * time.Millisecond) {
						}
					}()
				}
				ends(t, cmd, patience-time.Second)
				if code := cmd.ProcessState.ExitCode(); code != c.code {
					t.Errorf("exit status %d (%v), want %d", code, cmd.ProcessState, c.code)
				}
				if left, _ := filepath.Glob(filepath.Join(dir, ".new-*")); len(left) > 0 && c.code >= 0 {
					t.Errorf("it leaves %v", left)
				}
			})
		}
	}
}

// A payload by hand that cannot be preempted ends with its deadline: a suite went on for 392 seconds.
func TestDeadlineWithoutPreemption(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a spin takes its time")
	}
	cmd := program(t, t.TempDir(), "exec", "--suite", "selftest", "--spec", "hangs in a spin: timeout")
	cmd.Env = append(cmd.Env, "GODEBUG=asyncpreemptoff=1")
	begun(t, cmd, "spec-start")
	ends(t, cmd, 5*time.Minute) // it counts processor time, of which a busy machine gives little
}

// hold keeps the machine's lock for a test, as somebody does who measures.
func hold(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
}

// A run that is interrupted says how to go on, and leaves nothing running.
func TestInterruptedRun(t *testing.T) {
	dir := t.TempDir()
	cmd := program(t, dir, "run", "--suite", "selftest", "--target", "native", "--spec", "hangs and ignores every signal: timeout", "--spec", "hangs in a spin: timeout", "--quiet")
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var payloads []int
	for end := time.Now().Add(30 * time.Second); len(payloads) == 0 && time.Now().Before(end); time.Sleep(time.Millisecond) {
		payloads = children(cmd.Process.Pid)
	}
	time.Sleep(300 * time.Millisecond)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	ends(t, cmd, patience-time.Second)
	if cmd.ProcessState.ExitCode() != exitLost || !strings.Contains(said.String(), "run --resume ") {
		t.Errorf("%v: %s", cmd.ProcessState, said.String())
	}
	for _, pid := range payloads {
		if syscall.Kill(pid, 0) == nil {
			t.Errorf("payload %d still runs", pid)
		}
	}
}
