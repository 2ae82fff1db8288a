package mounting

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

func TestMountsAreGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mounted")
	inside := false
	err := Within(func() error {
		return Mount("none", "tmpfs", "size=1m", 0, dir, func(dir string) error {
			var st unix.Statfs_t
			if err := unix.Statfs(dir, &st); err != nil {
				return err
			}
			inside = st.Type == unix.TMPFS_MAGIC && st.Blocks*uint64(st.Bsize) == 1<<20
			return os.WriteFile(filepath.Join(dir, "file"), nil, 0o600)
		})
	})
	if no := (*NoNamespace)(nil); errors.As(err, &no) {
		needs.Absent(t, needs.Root, err)
	}
	if err != nil || !inside {
		t.Fatalf("%v, mounted: %t", err, inside)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("what was mounted is seen outside: %v, %v", entries, err)
	}
	if text, err := os.ReadFile("/proc/self/mountinfo"); err == nil && strings.Contains(string(text), dir) {
		t.Error("it is in this process's mounts")
	}
	failed := errors.New("failed")
	if err := Within(func() error { return failed }); err != failed {
		t.Errorf("what f returns: %v", err)
	}
	err = Within(func() error {
		return Mount("none", "nosuchfs", "", 0, dir, func(string) error { return nil })
	})
	if no := (*NoFileSystem)(nil); !errors.As(err, &no) || no.Kind != "nosuchfs" {
		t.Errorf("no such file system: %v", err)
	}
}
