package cli

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/daemon"
)

// harnessKills is how often the harness is killed, unless the environment says otherwise.
const (
	harnessKills    = 3
	harnessKillsEnv = "XCMATRIX_TEST_KILLS"
)

// TestKilledHarnessLeavesNothing kills a run with its servers at a random moment. After the next run no process, socket
// or directory is there.
func TestKilledHarnessLeavesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: servers are started and killed")
	}
	for _, server := range []string{"postgres", "mariadbd"} {
		if _, err := daemon.Find(server, "/usr/lib/postgresql/*/bin", "/usr/sbin"); err != nil {
			t.Skip(err)
		}
	}
	kills := harnessKills
	if n, err := strconv.Atoi(os.Getenv(harnessKillsEnv)); err == nil {
		kills = n
	}
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil { // for the servers' accounts
		t.Fatal(err)
	}
	temporary := filepath.Join(dir, "tmp")
	if err := os.Mkdir(temporary, 0o711); err != nil {
		t.Fatal(err)
	}
	command := func(args ...string) *exec.Cmd {
		cmd := program(t, dir, append([]string{"run", "--suite", "database", "--target", "native", "--quiet"}, args...)...)
		cmd.Env = append(cmd.Env, "TMPDIR="+temporary)
		return cmd
	}
	next := func() {
		t.Helper()
		got := try(t, command("--spec", "mysql / the server says what it is", "--spec", "postgres / the server says what it is"))
		if got.code != exitPass {
			t.Fatalf("exit status %d: %s%s", got.code, got.out, got.err)
		}
	}
	began := time.Now()
	next()
	whole := time.Since(began)
	clean(t, dir, "an undisturbed run")
	random := rand.New(rand.NewPCG(1, 10))
	serving := 0
	for i := range kills {
		delay := time.Duration(random.Int64N(int64(2 * whole)))
		cmd := command("--label", "!bench")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(delay)
		if len(homes(dir)) > 0 {
			serving++
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
		next()
		clean(t, dir, "kill "+strconv.Itoa(i+1)+" after "+delay.String())
	}
	t.Logf("%d kills, %d of them with servers; an undisturbed run took %v", kills, serving, whole)
	if serving == 0 {
		t.Error("no kill found a server")
	}
}

// homes are the directories of servers below dir.
func homes(dir string) (found []string) {
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(e.Name(), "xcmatrix-server-") {
			found = append(found, path)
			if e.IsDir() {
				return fs.SkipDir
			}
		}
		return nil // what vanishes while it is looked at is gone
	})
	return found
}

// clean checks that nothing of servers or runs is left below dir but results and the payloads' cache.
func clean(t *testing.T, dir, after string) {
	t.Helper()
	if left := homes(dir); len(left) > 0 {
		t.Errorf("%s: %v", after, left)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "tmp", "*")); len(left) > 0 {
		t.Errorf("%s: %v", after, left)
	}
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type()&fs.ModeSocket != 0 {
			t.Errorf("%s: socket %s", after, path)
		}
		return nil
	})
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		left := inside(dir)
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Errorf("%s: processes %v", after, left)
			return
		}
	}
}

// inside are the processes that work in dir or were told of it: a server's children name it nowhere but in /proc/PID/cwd.
func inside(dir string) (found []string) {
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, process := range all {
		if process == "/proc/"+strconv.Itoa(os.Getpid()) {
			continue
		}
		cwd, _ := os.Readlink(process + "/cwd")
		line, _ := os.ReadFile(process + "/cmdline")
		if strings.HasPrefix(cwd, dir) || strings.Contains(string(line), dir) {
			found = append(found, process+" "+strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}
