package lock

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

// TestMain makes the test binary a holder that waits to be killed.
func TestMain(m *testing.M) {
	if path := os.Getenv("XCMATRIX_TEST_HOLD"); path != "" {
		if _, err := Alone(context.Background(), path, "to be killed", nil); err != nil {
			os.Exit(1)
		}
		os.Stdout.WriteString("held\n")
		select {}
	}
	os.Exit(m.Run())
}

func soon(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestWhoKeepsWhomOut(t *testing.T) {
	for _, c := range []struct {
		name               string
		firstAlone, second bool
		waits              bool
	}{
		{"two that check", false, false, false},
		{"one checks, one measures", false, true, true},
		{"one measures, one checks", true, false, true},
		{"two that measure", true, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "lock")
			get := func(ctx context.Context, alone bool, waiting func(Holder)) (*Lock, error) {
				if alone {
					return Alone(ctx, path, "measuring", waiting)
				}
				return Shared(ctx, path, waiting)
			}
			first, err := get(t.Context(), c.firstAlone, nil)
			if err != nil {
				t.Fatal(err)
			}
			var seen *Holder
			second, err := get(soon(t, 2*poll), c.second, func(h Holder) { seen = &h })
			if waited := errors.Is(err, context.DeadlineExceeded); waited != c.waits || (seen != nil) != c.waits {
				t.Fatalf("waited: %v (%v), told of %+v", waited, err, seen)
			}
			if c.waits && (seen.Share == c.firstAlone || c.firstAlone && (seen.PID != os.Getpid() || seen.What != "measuring")) {
				t.Errorf("told of %+v", seen)
			}
			if err := errors.Join(first.Unlock(), second.Unlock()); err != nil {
				t.Fatal(err)
			}
			if h, err := Status(path); h != nil || err != nil {
				t.Errorf("afterwards: %+v, %v", h, err)
			}
		})
	}
}

// What a killed holder leaves behind keeps nobody out.
func TestKilledHolderLetsGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	holder := exec.Command(os.Args[0])
	holder.Env = append(os.Environ(), "XCMATRIX_TEST_HOLD="+path)
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("the holder says %q", line)
	}
	if h, err := Status(path); err != nil || h == nil || h.PID != holder.Process.Pid || time.Since(h.Since) > time.Minute {
		t.Errorf("held by %+v, %v", h, err)
	}
	if err := Release(path); err == nil || !strings.Contains(err.Error(), "to be killed") {
		t.Errorf("released what a process holds: %v", err)
	}
	_ = holder.Process.Kill()
	_ = holder.Wait()
	if h, err := Status(path); h != nil || err != nil {
		t.Errorf("after SIGKILL: %+v, %v", h, err)
	}
	l, err := Alone(soon(t, 5*time.Second), path, "next", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Unlock()
}

// One that wants the machine alone is not overtaken by others that would share it.
func TestNobodyOvertakes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := Shared(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	waiting, got := make(chan Holder), make(chan *Lock)
	go func() {
		l, _ := Alone(t.Context(), path, "measuring", func(h Holder) { waiting <- h })
		got <- l
	}()
	if h := <-waiting; !h.Share {
		t.Errorf("waits for %+v", h)
	}
	var told []Holder
	if _, err := Shared(soon(t, 3*poll), path, func(h Holder) { told = append(told, h) }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("overtaken: %v", err)
	}
	if len(told) != 1 || !told[0].Share || !strings.Contains(told[0].In("en"), fmt.Sprintf("(process %d) waits since ", os.Getpid())) ||
		!strings.Contains(told[0].In("en"), "to have the machine alone, and others come after: measuring") || !strings.Contains(told[0].In("zh"), "等待独占机器") {
		t.Errorf("the one that comes after is told of %+v", told)
	}
	_ = first.Unlock()
	if l := <-got; l == nil || l.Unlock() != nil {
		t.Error("never got it")
	}
	if left, err := os.ReadFile(path + ".queue"); err != nil || len(left) > 0 {
		t.Errorf("who waited is still there: %q, %v", left, err)
	}
}

func TestReservation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	if _, err := Reserve(t.Context(), path, "new memory", time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := Shared(soon(t, 2*poll), path, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a reserved machine was shared: %v", err)
	}
	if h, _ := Status(path); h == nil || h.What != "new memory" || !strings.Contains(h.In("zh"), "new memory") {
		t.Errorf("status %+v", h)
	}
	if err := Release(path); err != nil {
		t.Fatal(err)
	}
	if _, err := Reserve(t.Context(), path, "short", time.Millisecond); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Millisecond)
	l, err := Alone(soon(t, 5*time.Second), path, "after it ran out", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Unlock()
}

func TestRubbishInTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	if err := os.WriteFile(path, []byte("{rubbish"), 0o666); err != nil {
		t.Fatal(err)
	}
	l, err := Alone(soon(t, 5*time.Second), path, "x", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Unlock()
	link := path + ".link"
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if _, err := Status(link); err == nil {
		t.Error("a symbolic link was followed")
	}
}

// Who waits for those that share the machine is told their processes.
func TestSharersAreNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	cmd := exec.Command("flock", "--shared", path, "sleep", "60")
	if err := cmd.Start(); err != nil {
		needs.Absent(t, needs.Tools, fmt.Sprint("flock(1): ", err))
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		h, err := Status(path)
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			continue // not taken yet
		}
		if _, err := os.Stat("/proc/locks"); err != nil {
			needs.Absent(t, needs.Kernel, fmt.Sprint("/proc/locks: ", err))
		}
		if !h.Share || !strings.Contains(h.In("en"), fmt.Sprintf("processes %d", cmd.Process.Pid)) {
			t.Errorf("%+v: %s", h, h.In("en"))
		}
		return
	}
	t.Error("the lock was not taken")
}
