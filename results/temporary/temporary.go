// Package temporary makes directories and files that are removed even if the program is interrupted, so that nothing
// incomplete stays.
package temporary

import (
	"io"
	"os"
	"path/filepath"
	"sync"
)

var made struct {
	sync.Mutex
	paths map[string]bool
}

// Dir does what os.MkdirTemp does. The caller has to call [Remove].
func Dir(dir, pattern string) (string, error) {
	made.Lock()
	defer made.Unlock()
	path, err := os.MkdirTemp(dir, pattern)
	if err == nil {
		note(path)
	}
	return path, err
}

// File does what os.CreateTemp does. The caller has to call [Remove].
func File(dir, pattern string) (*os.File, error) {
	made.Lock()
	defer made.Unlock()
	f, err := os.CreateTemp(dir, pattern)
	if err == nil {
		note(f.Name())
	}
	return f, err
}

// note adds a path to those that RemoveAll removes.
func note(path string) {
	if made.paths == nil {
		made.paths = map[string]bool{}
	}
	made.paths[path] = true
}

// Remove removes a directory or file of Dir or File. It does nothing if the caller has renamed it.
func Remove(path string) error {
	made.Lock()
	defer made.Unlock()
	delete(made.paths, path)
	return os.RemoveAll(path)
}

// Whole writes a file with mode 0644 by write, so that it is there whole or not at all, also after a crash of the machine.
func Whole(path string, write func(io.Writer) error) error {
	f, err := File(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer Remove(f.Name())
	err = write(f)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if errClose := f.Close(); err == nil {
		err = errClose
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// RemoveAll removes everything that was not removed, before the program ends. Dir and File block afterwards.
func RemoveAll() {
	made.Lock() // for the rest of the program
	for path := range made.paths {
		_ = os.RemoveAll(path) // errors have no one to go to
	}
}
