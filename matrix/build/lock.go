package build

import (
	"os"
	"path/filepath"
	"syscall"

	"github.com/xcmatrix/xcmatrix/results/retry"
)

// lock keeps two processes from building into one directory at a time. A killed holder lets go.
func lock(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := retry.Lock(f.Fd(), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}
