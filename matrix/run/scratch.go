package run

import (
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/child"
	"github.com/xcmatrix/xcmatrix/results/retry"
)

// scratch is a run's directory for temporary files. A lock in it shows later runs that its owner is alive: they remove
// directories whose owner was killed.
type scratch struct {
	dir  string
	lock *os.File
}

const (
	scratchPrefix = "xcmatrix-run-"
	scratchLock   = "lock"

	lockTime = time.Minute // the longest time from creating the directory to locking it
)

// newScratch creates and locks the directory of this run, after it has removed those of killed runs.
func newScratch() (*scratch, error) {
	sweepScratch()
	child.Sweep()
	dir, err := os.MkdirTemp("", scratchPrefix)
	if err != nil {
		return nil, err
	}
	// Servers may run under another account, which needs access to its subdirectory.
	if err := os.Chmod(dir, 0o711); err != nil {
		return nil, err
	}
	lock, err := os.Create(filepath.Join(dir, scratchLock))
	if err != nil {
		return nil, err
	}
	if err := retry.Lock(lock.Fd(), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, err
	}
	return &scratch{dir: dir, lock: lock}, nil
}

// make creates an empty subdirectory whose name begins with name, and returns its path.
func (s *scratch) make(name string) (string, error) { return os.MkdirTemp(s.dir, name+"-") }

func (s *scratch) remove() {
	os.RemoveAll(s.dir)
	s.lock.Close()
}

// sweepScratch removes the directories of this user's runs that were killed. A directory that cannot be read or removed
// stays; it only takes disk space.
func sweepScratch() {
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), scratchPrefix+"*"))
	if err != nil {
		return
	}
	for _, dir := range dirs {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || info.Sys().(*syscall.Stat_t).Uid != uint32(os.Getuid()) {
			continue
		}
		lock, err := os.OpenFile(filepath.Join(dir, scratchLock), os.O_RDWR, 0)
		if err != nil {
			if time.Since(info.ModTime()) > lockTime { // its owner was killed before there was a lock
				os.RemoveAll(dir)
			}
			continue
		}
		if retry.Lock(lock.Fd(), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			os.RemoveAll(dir)
		}
		lock.Close()
	}
}
