package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"
)

// Attach keeps a file of an attempt, compressed, as attachments/<target>/<item>/<round>.<attempt>.<name>.gz. Nothing is
// kept of nothing.
func (j *Journal) Attach(cell Cell, name string, content []byte) error {
	if len(content) == 0 {
		return nil
	}
	path := filepath.Join("attachments", cell.Target, cell.Item, fmt.Sprintf("%d.%d.%s.gz", cell.Round, cell.Attempt, name))
	if err := j.writeGzip(path, content); err != nil {
		return &WriteError{Path: filepath.Join(j.Dir, path), Err: cause(err)}
	}
	return nil
}

// writeGzip makes a file below the run's directory, and no other: neither a name nor a symbolic link leads out of it.
// Half of a file is worth nothing and is removed; one that is there already is replaced.
func (j *Journal) writeGzip(path string, content []byte) error {
	root, err := os.OpenRoot(j.Dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := root.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := root.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	err = compress(f, content)
	if err != nil {
		root.Remove(path)
	}
	return err
}

func compress(f *os.File, content []byte) error {
	z, err := gzip.NewWriterLevel(f, gzip.BestSpeed) // the cell waits for it
	if err != nil {
		return errors.Join(err, f.Close())
	}
	_, err = z.Write(content)
	return errors.Join(err, z.Close(), f.Close())
}
