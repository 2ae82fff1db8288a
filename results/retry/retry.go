// Package retry repeats system calls that a signal has interrupted. Go's own packages do so; a call through syscall or
// golang.org/x/sys/unix does not, and the Go runtime signals its own threads to stop them.
package retry

import (
	"errors"
	"syscall"
)

// Call calls f until no signal interrupts it, and returns its last error.
func Call(f func() error) error {
	for {
		if err := f(); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// Value does what Call does for a function with a result.
func Value[T any](f func() (T, error)) (result T, err error) {
	err = Call(func() error {
		result, err = f()
		return err
	})
	return result, err
}

// Lock calls flock(2) on an open file.
func Lock(fd uintptr, how int) error {
	return Call(func() error { return syscall.Flock(int(fd), how) })
}
