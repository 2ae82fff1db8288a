// Package mounting runs a function in a mount namespace of its own: what it mounts nobody else sees, and nothing of it is left when
// the function has returned, or the process has been killed.
package mounting

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/ownthread"
	"github.com/xcmatrix/xcmatrix/results/retry"
)

// Within calls f in a new mount namespace. f runs on a thread of its own, which ends with it, so that f may also give up
// privileges of the thread. It returns a *NoNamespace if this process may not have such a namespace, and else what f returns.
func Within(f func() error) error {
	return ownthread.Call(func() error { return separate(f) })
}

// separate calls f on this thread in a new mount namespace, from which no mount spreads to others. The thread stays in it.
func separate(f func() error) error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return &NoNamespace{err}
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return &NoNamespace{err}
	}
	return f()
}

// NoNamespace is the error where this process may not mount.
type NoNamespace struct{ Cause error }

func (n *NoNamespace) Error() string { return "no mount namespace: " + n.Cause.Error() }

// Unwrap returns the kernel's answer.
func (n *NoNamespace) Unwrap() error { return n.Cause }

// Mount mounts a file system on a new directory, calls f with the directory, and unmounts it. A file system that is still in use
// is unmounted as soon as it is not.
func Mount(source, kind, options string, flags uintptr, directory string, f func(dir string) error) (err error) {
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return err
	}
	if err := retry.Call(func() error { return unix.Mount(source, directory, kind, flags, options) }); err != nil {
		return &NoFileSystem{kind, err}
	}
	defer func() {
		if unmounted := unmount(directory); err == nil {
			err = unmounted
		}
	}()
	return f(directory)
}

// unmount unmounts a directory; one that is still in use, as soon as it is not.
func unmount(directory string) error {
	err := retry.Call(func() error { return unix.Unmount(directory, 0) })
	if errors.Is(err, unix.EBUSY) {
		return unix.Unmount(directory, unix.MNT_DETACH)
	}
	return err
}

// NoFileSystem is the error where the kernel does not mount a kind of file system with these options.
type NoFileSystem struct {
	Kind  string
	Cause error
}

func (n *NoFileSystem) Error() string { return n.Kind + " cannot be mounted: " + n.Cause.Error() }

// Unwrap returns the kernel's answer.
func (n *NoFileSystem) Unwrap() error { return n.Cause }
