// Package temporary makes directories and files that are removed also when the program is interrupted: nothing that is
// half-written stays behind.
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

// Dir is os.MkdirTemp. The caller calls [Remove] in the end.
func Dir(dir, pattern string) (string, error) {
	made.Lock()
	defer made.Unlock()
	path, err := os.MkdirTemp(dir, pattern)
	if err == nil {
		note(path)
	}
	return path, err
}

// File is os.CreateTemp, as Dir is os.MkdirTemp.
func File(dir, pattern string) (*os.File, error) {
	made.Lock()
	defer made.Unlock()
	f, err := os.CreateTemp(dir, pattern)
	if err == nil {
		note(f.Name())
	}
	return f, err
}

func note(path string) {
	if made.paths == nil {
		made.paths = map[string]bool{}
	}
	made.paths[path] = true
}

// Remove removes what Dir or File made. Where it has been given another name there is nothing to remove.
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

// RemoveAll removes all that has not been removed. The program ends then: nothing more can be made.
func RemoveAll() {
	made.Lock() // and never unlocked
	for path := range made.paths {
		_ = os.RemoveAll(path) // what cannot be removed stays
	}
}
