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

// Files are a run's files, in its directory or in a pack.
type Files struct {
	path   string
	packed *pack.Pack // nil for a directory
}

// Open opens the run at a path. It checks the digests of a pack, and nothing else.
func Open(path string) (*Files, error) {
	if isPack(path) {
		p, err := pack.Open(path)
		return &Files{path, p}, err
	}
	return &Files{path: path}, nil
}

// isPack reports whether a path is that of a pack. A directory is that of a run, whatever its name.
func isPack(path string) bool {
	if !pack.Named(path) {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// Close closes a pack.
func (f *Files) Close() error {
	if f.packed != nil {
		return f.packed.Close()
	}
	return nil
}

func (f *Files) place(name string) string { return filepath.Join(f.path, name) }

// Manifest returns the manifest's text.
func (f *Files) Manifest() ([]byte, error) { return f.read(manifestFile, regular.MaxManifest) }

// Seal returns the seal's text; nil if there is none.
func (f *Files) Seal() ([]byte, error) {
	text, err := f.read(sealFile, maxSeal)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// read returns the content of a file of at most limit bytes.
func (f *Files) read(name string, limit int64) ([]byte, error) {
	if f.packed != nil {
		return f.packed.Read(name)
	}
	return regular.Read(f.place(name), limit)
}

// Journal returns a reader of the journal. It does not check the chain.
func (f *Files) Journal() (io.ReadCloser, error) {
	if f.packed != nil {
		in, err := f.packed.Reader(journalFile)
		return io.NopCloser(in), err
	}
	return regular.Open(f.place(journalFile), regular.MaxJournal)
}

// source returns the run's files for Read, and the closer of the journal.
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
