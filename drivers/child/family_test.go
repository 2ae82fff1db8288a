package child

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

// gone reports whether a process ends within some seconds.
func gone(pid int) bool {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if syscall.Kill(pid, 0) == syscall.ESRCH {
			return true
		}
	}
	return false
}

// started starts a shell script, and reads the numbers of processes that it prints before it ends.
func started(t *testing.T, script string) (pids []int) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.ExtraFiles = []*os.File{w}
	done, err := Start(cmd)
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	lines, err := io.ReadAll(bufio.NewReader(r))
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s: it does not end", script)
	}
	for field := range strings.FieldsSeq(string(lines)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// What a child starts ends with it, wherever it went; here 3 is where it says its number, and what holds that open ends too.
func TestNothingOutlivesAChild(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		needs.Absent(t, needs.Tools, "there is no setsid: install util-linux")
	}
	for name, script := range map[string]string{
		"in its group":                      `sleep 60 & echo $! >&3`,
		"in a session of its own":           `setsid sh -c 'echo $$ >&3; : >READY; exec sleep 60' & WAIT`,
		"started by one that has ended":     `setsid sh -c '(setsid sh -c "echo \$\$ >&3; : >READY; exec sleep 60" &)'; WAIT`,
		"without an environment":            `setsid env -i sh -c 'echo $$ >&3; : >READY; exec sleep 60' & WAIT`,
		"that ignores every signal":         `setsid sh -c 'trap "" HUP INT TERM; echo $$ >&3; : >READY; sleep 60; sleep 60' & WAIT`,
		"killed":                            `setsid sh -c 'echo $$ >&3; : >READY; exec sleep 60' & WAIT; kill -KILL $$`,
		"with children in further sessions": `setsid sh -c 'echo $$ >&3; setsid sh -c "echo \$\$ >&3; : >READY; exec sleep 60" & sleep 60' & WAIT`,
	} {
		t.Run(name, func(t *testing.T) {
			ready := filepath.Join(t.TempDir(), "ready") // written by the last one that says its number
			wait := "until [ -e " + ready + " ]; do sleep 0.05; done"
			pids := started(t, strings.NewReplacer("READY", ready, "WAIT", wait).Replace(script))
			if len(pids) == 0 {
				t.Fatal("it started nothing")
			}
			for _, pid := range pids {
				if !gone(pid) {
					t.Errorf("%d outlives it", pid)
					_ = syscall.Kill(pid, syscall.SIGKILL)
				}
			}
		})
	}
}

// Another child's processes, and others that this one has started, are left alone.
func TestOthersAreLeftAlone(t *testing.T) {
	other := exec.Command("sleep", "60")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer other.Wait() //nolint:errcheck // it is killed
	defer other.Process.Kill()
	second := exec.Command("/bin/sh", "-c", "setsid sleep 60 & echo $!; wait")
	out, err := second.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	done, err := Start(second)
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	started(t, "true")
	for name, pid := range map[string]int{"a process of this one's own": other.Process.Pid, "another child's": pid} {
		if err := syscall.Kill(pid, 0); err != nil {
			t.Errorf("%s is gone: %v", name, err)
		}
	}
	Kill(second)
	<-done
	if !gone(pid) {
		t.Error("it outlives its own parent")
	}
}

// What this process had when it began to adopt is not its children's, such as a database that a shell started before it.
func TestEarlierChildrenAreLeftAlone(t *testing.T) {
	newFamily(true).forget() // whatever ran first, it has begun to adopt
	server := exec.Command("sleep", "60")
	server.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer server.Wait() //nolint:errcheck // it is killed
	defer server.Process.Kill()
	families.before[server.Process.Pid] = true
	defer delete(families.before, server.Process.Pid)
	started(t, "true")
	if !runs(server.Process.Pid) {
		t.Error("it was ended")
	}
}

func TestChildren(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait() //nolint:errcheck // it is killed
	defer cmd.Process.Kill()
	for name, list := range map[string][]int{"by list": Children(), "by parent": childrenByParent()} {
		found := false
		for _, pid := range list {
			found = found || pid == cmd.Process.Pid
		}
		if !found {
			t.Errorf("%s: %d is not among %v", name, cmd.Process.Pid, list)
		}
	}
	if Self() == "" || Identity(1<<30) != "" {
		t.Errorf("this process is called %q, and none %q", Self(), Identity(1<<30))
	}
}

// A server that runs does not keep processes of other children alive, and is not killed with them.
func TestServerAmongChildren(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		needs.Absent(t, needs.Tools, "there is no setsid: install util-linux")
	}
	server := exec.Command("sleep", "60")
	done, err := StartServer(server, syscall.SIGTERM, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range started(t, `setsid env -i sh -c 'echo $$ >&3; exec sleep 60' & sleep 0.3`) {
		if !gone(pid) {
			t.Errorf("%d outlives its child", pid)
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	if err := syscall.Kill(server.Process.Pid, 0); err != nil {
		t.Errorf("the server: %v", err)
	}
	Kill(server)
	<-done
}
