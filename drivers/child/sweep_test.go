package child

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

// ownerVariable makes this test program start a shell script as its child.
const ownerVariable = "XCMATRIX_TEST_OWNER"

func TestMain(m *testing.M) {
	if script := os.Getenv(ownerVariable); script != "" {
		cmd := exec.Command("/bin/sh", "-c", script)
		cmd.Stdout = os.Stdout
		if _, err := Start(cmd); err != nil {
			panic(err)
		}
		select {}
	}
	os.Exit(m.Run())
}

// owner starts a process with a child that starts another, in a session of its own, and gives the number of that.
func owner(t *testing.T) (cmd *exec.Cmd, pid int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(self)
	cmd.Env = append(os.Environ(), ownerVariable+"=setsid sh -c 'echo $$; exec sleep 60' & wait")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if pid, err = strconv.Atoi(strings.TrimSpace(line)); err != nil {
		t.Fatal(err)
	}
	return cmd, pid
}

// What the children of a killed process left is ended by the next; those of one that lives are left alone.
func TestSweep(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		needs.Absent(t, needs.Tools, "there is no setsid: install util-linux")
	}
	killed, left := owner(t)
	alive, kept := owner(t)
	defer alive.Wait() //nolint:errcheck // it is killed
	defer alive.Process.Kill()
	defer syscall.Kill(kept, syscall.SIGKILL)
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait() // its status says that it was killed
	if err := syscall.Kill(left, 0); err != nil {
		t.Fatalf("nothing is left to sweep: %v", err)
	}
	Sweep()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end) && runs(left); time.Sleep(5 * time.Millisecond) {
	}
	if runs(left) {
		t.Errorf("%d outlives its owner", left)
		_ = syscall.Kill(left, syscall.SIGKILL)
	}
	if err := syscall.Kill(kept, 0); err != nil {
		t.Errorf("what a living process's child has started is gone: %v", err)
	}
}

// runs reports whether a process has not ended, whoever may still have to wait for it.
func runs(pid int) bool {
	fields := stat(pid)
	return len(fields) > 0 && fields[0] != "Z"
}

func TestOrphaned(t *testing.T) {
	for environment, want := range map[string]bool{
		"":                                     false,
		"A=b":                                  false,
		Variable + "=" + Self() + ".1":         false,
		Variable + "=nonsense":                 false,
		Variable + "=":                         false,
		Variable + "=1.0.1":                    true,
		"A=b\x00" + Variable + "=99999999.1.1": true,
		fmt.Sprintf("%s=%d.1.7", Variable, os.Getpid()): true, // an earlier process of that number
	} {
		if got := orphaned([]byte(environment)); got != want {
			t.Errorf("%q: %t", environment, got)
		}
	}
}
