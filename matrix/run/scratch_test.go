package run

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestScratchOfTheDeadIsRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dead, err := newScratch()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dead.make("process"); err != nil {
		t.Fatal(err)
	}
	dead.lock.Close() // as the kernel does for a killed process
	alive, err := newScratch()
	if err != nil {
		t.Fatal(err)
	}
	defer alive.remove()
	if _, err := os.Stat(dead.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a dead run's directory stays: %v", err)
	}
	third, err := newScratch()
	if err != nil {
		t.Fatal(err)
	}
	third.remove()
	if _, err := os.Stat(filepath.Join(alive.dir, scratchLock)); err != nil {
		t.Errorf("a living run's directory is gone: %v", err)
	}
}
