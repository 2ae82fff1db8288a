package powercut

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

var errEnough = errors.New("enough")

// written is a directory with n records.
func written(t *testing.T, from, n uint64) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, from, n)
	return dir
}

func write(t *testing.T, dir string, from, n uint64) {
	t.Helper()
	err := Writer{Dir: dir, Sync: true}.Write(from, func(i uint64) error {
		if i == n {
			return errEnough
		}
		return nil
	})
	if err != errEnough {
		t.Fatal(err)
	}
}

func TestVerify(t *testing.T) {
	dir := written(t, 1, 70)
	for _, n := range []uint64{0, 1, 31, 32, 33, 69, 70} {
		if err := Verify(dir, n); err != nil {
			t.Errorf("%d: %v", n, err)
		}
	}
	if Verify(dir, 71) == nil {
		t.Error("a record that was never written is there")
	}
	write(t, dir, 71, 80)
	if err := Verify(dir, 80); err != nil {
		t.Error(err)
	}
	if err := Verify(t.TempDir(), 0); err != nil {
		t.Errorf("nothing was written: %v", err)
	}
	if Verify(t.TempDir(), 1) == nil {
		t.Error("nothing is there")
	}
}

func TestVerifyNotices(t *testing.T) {
	for name, damage := range map[string]func(dir string) error{
		"a log that is too short": func(dir string) error { return os.Truncate(filepath.Join(dir, logName), 69*lineBytes) },
		"a log without a line": func(dir string) error {
			f, err := os.OpenFile(filepath.Join(dir, logName), os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.WriteAt(make([]byte, lineBytes), 10*lineBytes)
			return err
		},
		"a file that is gone":      func(dir string) error { return os.Remove(slotPath(dir, 70)) },
		"a file that is empty":     func(dir string) error { return os.Truncate(slotPath(dir, 70), 0) },
		"a file that is cut short": func(dir string) error { return os.Truncate(slotPath(dir, 70), 100) },
		"a file that is older":     func(dir string) error { return os.WriteFile(slotPath(dir, 70), content(70-slots), 0o600) },
		"a file with one byte changed": func(dir string) error {
			wrong := content(70)
			wrong[len(wrong)-1] ^= 1
			return os.WriteFile(slotPath(dir, 70), wrong, 0o600)
		},
		"a file of another slot": func(dir string) error { return os.WriteFile(slotPath(dir, 70), content(71), 0o600) },
	} {
		dir := written(t, 1, 70)
		if err := damage(dir); err != nil {
			t.Fatal(err)
		}
		if Verify(dir, 70) == nil {
			t.Errorf("%s is not noticed", name)
		}
	}
}
