package postgres

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
	"github.com/xcmatrix/xcmatrix/results/needs"
)

// TestMain also is the harness that TestKilledHarness kills: it starts a cluster and waits for its end.
func TestMain(m *testing.M) {
	if dir := os.Getenv("CLUSTER_TEST_DIR"); dir != "" {
		s, err := Start(context.Background(), dir)
		if err != nil {
			os.Stdout.WriteString("error: " + err.Error() + "\n")
			os.Exit(1)
		}
		os.Stdout.WriteString(s.Address() + "\n")
		select {}
	}
	os.Exit(m.Run())
}

func start(t *testing.T, dir string) *daemon.Server {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	s, err := Start(t.Context(), dir)
	var absent *daemon.AbsentError
	if errors.As(err, &absent) {
		needs.Absent(t, needs.PostgreSQL, absent)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStartAndStop(t *testing.T) {
	s := start(t, t.TempDir())
	if err := ping(t.Context(), s.Address()); err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(s.Address())
	u.User = url.UserPassword("xcmatrix", "wrong")
	if err := ping(t.Context(), u.String()); err == nil {
		t.Error("a wrong password is let in")
	}
	filepath.WalkDir(s.Home.Path, func(path string, e fs.DirEntry, _ error) error {
		if text, err := os.ReadFile(path); err == nil && strings.Contains(string(text), s.Password) {
			t.Errorf("%s holds the password", path)
		}
		return nil
	})
	s.Stop()
	if _, err := os.Stat(s.Home.Path); !errors.Is(err, os.ErrNotExist) {
		t.Error("the home is still there")
	}
	if err := ping(t.Context(), s.Address()); err == nil {
		t.Error("the server still answers")
	}
}

func TestKilledHarness(t *testing.T) {
	start(t, t.TempDir()).Stop() // skips where there is no PostgreSQL; sets the list's place
	harness := exec.Command(os.Args[0])
	harness.Env = append(os.Environ(), "CLUSTER_TEST_DIR="+t.TempDir())
	out, err := harness.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := harness.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	dsn := strings.TrimSpace(line)
	if err != nil || !strings.HasPrefix(dsn, "postgres:") {
		t.Fatalf("harness: %q, %v", line, err)
	}
	harness.Process.Kill()
	harness.Wait()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if err := ping(t.Context(), dsn); err != nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the server outlives its harness by 10 s")
		}
	}
	cache, _ := os.UserCacheDir()
	entries, _ := filepath.Glob(filepath.Join(cache, "xcmatrix", "servers", "*"))
	if len(entries) != 1 {
		t.Fatalf("entries %v, want the killed harness's", entries)
	}
	text, _ := os.ReadFile(entries[0])
	home, _, _ := strings.Cut(string(text), "\n")
	if _, err := os.Stat(home); err != nil {
		t.Fatalf("the killed harness's home: %v", err)
	}
	s, err := Start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	if _, err := os.Stat(home); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the next start left %s", home)
	}
}
