package supervisor

import (
	"os"

	"golang.org/x/sys/unix"
)

// watch tells when something in a session may have changed, without looking again and again: what measures there is not to
// be disturbed.
type watch struct {
	file    *os.File
	changed chan struct{}
}

// newWatch watches directories and files.
func newWatch(paths ...string) (*watch, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("inotify_init1", err)
	}
	w := &watch{file: os.NewFile(uintptr(fd), "inotify"), changed: make(chan struct{}, 1)}
	for _, path := range paths {
		if _, err := unix.InotifyAddWatch(fd, path, unix.IN_MODIFY|unix.IN_CREATE|unix.IN_MOVED_TO|unix.IN_CLOSE_WRITE); err != nil {
			w.close()
			return nil, &os.PathError{Op: "inotify_add_watch", Path: path, Err: err}
		}
	}
	go w.read()
	return w, nil
}

func (w *watch) read() {
	buf := make([]byte, 4096)
	for {
		if _, err := w.file.Read(buf); err != nil {
			close(w.changed)
			return
		}
		select {
		case w.changed <- struct{}{}:
		default:
		}
	}
}

func (w *watch) close() { w.file.Close() }
