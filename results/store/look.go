package store

import (
	"os"
	"path/filepath"

	"github.com/xcmatrix/xcmatrix/results/regular"
)

// Planned returns the manifest of a run, without reading its journal.
func Planned(path string) (Manifest, error) {
	f, err := Open(path)
	if err != nil {
		return Manifest{}, err
	}
	defer f.Close()
	raw, err := f.Manifest()
	if err != nil {
		return Manifest{}, err
	}
	return parseManifest(f.place(manifestFile), raw)
}

// OpenJournal opens the journal in a run's directory, which may still grow. It does not check the chain.
func OpenJournal(dir string) (*os.File, error) {
	return regular.Open(filepath.Join(dir, journalFile), regular.MaxJournal)
}
