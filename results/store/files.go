package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/xcmatrix/xcmatrix/results/pack"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

// Files are a run's files, in its directory or in a pack, which is read as it lies.
type Files struct {
	path   string
	packed *pack.Pack // nil for a directory
}

// Open opens the run at a path, of which nothing is checked yet but a pack's own digests.
func Open(path string) (*Files, error) {
	if isPack(path) {
		p, err := pack.Open(path)
		return &Files{path, p}, err
	}
	return &Files{path: path}, nil
}

// isPack reports whether a path is that of a pack. A directory is a run's whatever it is called.
func isPack(path string) bool {
	if !pack.Named(path) {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// Close lets go of a pack.
func (f *Files) Close() error {
	if f.packed != nil {
		return f.packed.Close()
	}
	return nil
}

func (f *Files) place(name string) string { return filepath.Join(f.path, name) }

// Manifest is the manifest's text.
func (f *Files) Manifest() ([]byte, error) { return f.read(manifestFile, regular.MaxManifest) }

// Seal is the seal's text, nil where there is none.
func (f *Files) Seal() ([]byte, error) {
	text, err := f.read(sealFile, maxSeal)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

func (f *Files) read(name string, limit int64) ([]byte, error) {
	if f.packed != nil {
		return f.packed.Read(name)
	}
	return regular.Read(f.place(name), limit)
}

// Journal reads the journal as it stands. Its chain is not checked.
func (f *Files) Journal() (io.ReadCloser, error) {
	if f.packed != nil {
		in, err := f.packed.Reader(journalFile)
		return io.NopCloser(in), err
	}
	return regular.Open(f.place(journalFile), regular.MaxJournal)
}

// source is what the run is read from, and what closes its journal.
func (f *Files) source() (Source, io.Closer, error) {
	s := Source{Dir: f.path, ManifestPlace: f.place(manifestFile), SealPlace: f.place(sealFile), JournalPlace: f.place(journalFile)}
	var err error
	if s.Manifest, err = f.Manifest(); errors.Is(err, fs.ErrNotExist) {
		return s, nil, record.Wrongf(f.path, "there is no run here (no %s)", "这里没有运行记录（缺少 %s）", manifestFile)
	} else if err != nil {
		return s, nil, err
	}
	if s.Seal, err = f.Seal(); err != nil {
		return s, nil, err
	}
	journal, err := f.Journal()
	s.Journal = journal
	return s, journal, err
}
