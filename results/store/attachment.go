package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// Attach writes a compressed file of an attempt, attachments/<target>/<item>/<round>.<attempt>.<name>.gz. It writes
// nothing for empty content.
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

// writeGzip writes a compressed file below the run's directory; neither a name nor a symbolic link can lead out of it. It
// replaces a file that exists, and removes an incomplete one if it fails.
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

// compress writes content compressed.
func compress(f *os.File, content []byte) error {
	z, err := gzip.NewWriterLevel(f, gzip.BestSpeed) // speed matters, because the cell waits
	if err != nil {
		return errors.Join(err, f.Close())
	}
	_, err = z.Write(content)
	return errors.Join(err, z.Close(), f.Close())
}

// Attached returns the attempt and the name of an attachment by its path in a run's directory; false for another file.
func Attached(dir, path string) (cell Cell, name string, ok bool) {
	rest, err := filepath.Rel(filepath.Join(dir, "attachments"), path)
	parts := strings.Split(rest, string(filepath.Separator))
	if err != nil || len(parts) != 3 {
		return cell, "", false
	}
	file, zipped := strings.CutSuffix(parts[2], ".gz")
	round, file, one := strings.Cut(file, ".")
	attempt, name, two := strings.Cut(file, ".")
	var a, b bool
	cell = Cell{Target: parts[0], Item: parts[1]}
	cell.Round, a = natural([]byte(round))
	cell.Attempt, b = natural([]byte(attempt))
	return cell, name, zipped && one && two && a && b
}
