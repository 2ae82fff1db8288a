package store

import (
	"errors"
	"fmt"
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
	dir := filepath.Join(j.Dir, "attachments", cell.Target, cell.Item)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return &WriteError{Path: dir, Err: cause(err)}
	}
	path := filepath.Join(dir, fmt.Sprintf("%d.%d.%s.gz", cell.Round, cell.Attempt, name))
	if err := writeGzip(path, content); err != nil {
		os.Remove(path) // half of it is worth nothing; one that stays is overwritten
		return &WriteError{Path: path, Err: cause(err)}
	}
	return nil
}

func writeGzip(path string, content []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	z, err := gzip.NewWriterLevel(f, gzip.BestSpeed) // the cell waits for it
	if err != nil {
		return errors.Join(err, f.Close())
	}
	_, err = z.Write(content)
	return errors.Join(err, z.Close(), f.Close())
}
