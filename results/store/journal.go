package store

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/results/retry"
)

// Journal is a run that is being written. One process at a time writes to a run; several goroutines may call its methods.
type Journal struct {
	Dir string

	mu     sync.Mutex
	file   *os.File
	head   hash
	n      int
	size   int64
	broken error // the first write error; nothing is written after it
}

// Create makes the directory of a new run under root, writes its manifest, and points latest to it. It returns an error
// if the manifest is not valid, or if the directory exists or cannot be written.
func Create(root string, m Manifest) (*Journal, error) {
	m.V = Version
	if err := m.check(); err != nil {
		return nil, record.Wrongf(m.Run, "the manifest is damaged: %v", "清单已损坏：%v", err)
	}
	dir := filepath.Join(root, m.Run)
	if err := makeRoot(root); err != nil {
		return nil, unwritable(root, err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, unwritable(dir, err)
	}
	if err := writeWhole(filepath.Join(dir, manifestFile), m); err != nil {
		os.RemoveAll(dir)
		return nil, unwritable(dir, err)
	}
	j, _, err := Resume(dir)
	if err != nil {
		return nil, err
	}
	pointLatest(root, m.Run)
	return j, nil
}

// makeRoot makes the directory of all runs. A new one has a .gitignore, so that a checkout that it lies in stays clean: a
// version that is not certifies nothing.
func makeRoot(root string) error {
	if info, err := os.Stat(root); err == nil && info.IsDir() {
		return nil
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, ".gitignore"), []byte("*\n"), 0o644)
}

// pointLatest makes the link latest point to the run. On a file system without symbolic links, such as a USB stick's,
// there is no link; Find then returns the newest run.
func pointLatest(root, run string) {
	tmp := filepath.Join(root, ".latest-"+run)
	if os.Symlink(run, tmp) == nil {
		os.Rename(tmp, filepath.Join(root, latestLink))
	}
}

// unwritable returns the problem that a file cannot be written.
func unwritable(path string, err error) error {
	p := record.Wrongf(path, "cannot be written: %v; name another directory with --runs, or mend this one",
		"无法写入：%v；请用 --runs 指定其他目录，或修复该目录", cause(err))
	p.Cause = err
	return p
}

// cause returns the innermost error, without the path, which the sentence has already.
func cause(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

// Resume opens a run to continue it, and returns what its journal has as a Run. It checks the journal from its beginning
// and removes an incomplete last line. It returns an error if the run is sealed, if another process writes to it, or if
// the journal is damaged.
func Resume(dir string) (*Journal, *Run, error) {
	path := filepath.Join(dir, journalFile)
	file, err := regular.Update(path, 0o644, regular.MaxJournal)
	var refused *record.Problem
	switch {
	case errors.As(err, &refused) && refused.Cause == nil: // the file is not regular
		return nil, nil, err
	case err != nil:
		return nil, nil, unwritable(path, err)
	}
	j, run, err := resume(dir, file)
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return j, run, nil
}

// resume does what Resume does for the opened journal.
func resume(dir string, file *os.File) (*Journal, *Run, error) {
	if err := retry.Lock(file.Fd(), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, nil, record.Wrongf(dir, "another process is writing to this run: wait for it, or stop it",
			"另一个进程正在写入此运行：请等待其结束或将其停止")
	}
	run, c, err := load(dir)
	if err != nil {
		return nil, nil, err
	}
	if err := file.Truncate(c.bytes); err != nil {
		return nil, nil, unwritable(dir, err)
	}
	if _, err := file.Seek(c.bytes, io.SeekStart); err != nil {
		return nil, nil, err
	}
	if err := os.Remove(filepath.Join(dir, sealFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, unwritable(dir, err)
	}
	return &Journal{Dir: dir, file: file, head: c.head, n: c.n, size: c.bytes}, run, nil
}

// AppendEvent writes an event of the coordinator.
func (j *Journal) AppendEvent(cell *Cell, e record.Event) error {
	e.V = record.Version
	if e.Time.IsZero() {
		e.Time = time.Now().UTC()
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return j.Append(cell, line)
}

// Append writes one event, a line of JSON as received, to the journal. After Append the event is in the file, so that a
// killed process loses nothing; after Sync it is on the disk. The error is a *WriteError.
func (j *Journal) Append(cell *Cell, event []byte) error { return j.AppendFrom(cell, nil, event) }

// AppendFrom is Append for an event that was fetched from another machine's journal.
func (j *Journal) AppendFrom(cell *Cell, from *Position, event []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken != nil {
		return j.broken
	}
	body, err := entryBody(j.n+1, time.Now(), cell, from, event)
	if err != nil {
		return err
	}
	next := j.head.next(body)
	line := link(body, next)
	if n, err := j.file.Write(line); err != nil {
		return j.breakOff(n, err)
	}
	j.head, j.n, j.size = next, j.n+1, j.size+int64(len(line))
	return nil
}

// breakOff removes the part of a line that was written, so that the journal stays valid, and returns a *WriteError.
func (j *Journal) breakOff(written int, err error) error {
	err = cause(err)
	if written > 0 {
		if errBack := j.file.Truncate(j.size); errBack != nil {
			err = errors.Join(err, errBack)
		}
	}
	j.broken = &WriteError{Path: j.file.Name(), Err: err}
	return j.broken
}

// WriteError says that a run cannot grow, because the disk is full or failed. Its journal is valid.
type WriteError struct {
	Path string
	Err  error
}

func (e *WriteError) Error() string { return e.In("en") }
func (e *WriteError) Unwrap() error { return e.Err }

// In returns the sentence in a language.
func (e *WriteError) In(lang string) string {
	return e.Path + ": " + record.Sayf(
		"cannot be written: %v; what the journal holds is sound: make room, then `xcmatrix run --resume latest`",
		"无法写入：%v；日志中已有内容完好：请腾出空间，再运行 `xcmatrix run --resume latest`", e.Err).In(lang)
}

// Sync writes the journal to the disk, so that it survives a loss of power.
func (j *Journal) Sync() error { return j.file.Sync() }

// Seal ends the run: it writes the seal.
func (j *Journal) Seal() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken != nil {
		return j.broken
	}
	if err := j.file.Sync(); err != nil {
		return err
	}
	return writeWhole(filepath.Join(j.Dir, sealFile), Seal{Entries: j.n, Head: j.head.String(), At: time.Now().UTC()})
}

// Close closes the journal.
func (j *Journal) Close() error { return j.file.Close() }
