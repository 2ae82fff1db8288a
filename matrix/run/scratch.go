package run

import (
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/child"
	"github.com/xcmatrix/xcmatrix/results/retry"
)

// scratch is the directory in which a run keeps what nobody needs afterwards. A lock tells a later run that its owner
// lives: what a killed one left is removed then.
type scratch struct {
	dir  string
	lock *os.File
}

const (
	scratchPrefix = "xcmatrix-run-"
	scratchLock   = "lock"

	makingTime = time.Minute // how long nobody takes from making the directory to locking it
)

func newScratch() (*scratch, error) {
	sweepScratch()
	child.Sweep()
	dir, err := os.MkdirTemp("", scratchPrefix)
	if err != nil {
		return nil, err
	}
	// Servers may run under another account, which has to reach what is below.
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

// make makes an empty directory inside.
func (s *scratch) make(name string) (string, error) { return os.MkdirTemp(s.dir, name+"-") }

func (s *scratch) remove() {
	os.RemoveAll(s.dir)
	s.lock.Close()
}

// sweepScratch removes what killed runs of this user left. One that cannot be looked at or removed stays: it harms
// nobody but the disk.
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
			if time.Since(info.ModTime()) > makingTime { // its owner was killed before there was a lock
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
