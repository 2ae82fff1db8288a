package store

import (
	"os"
	"path/filepath"

	"github.com/xcmatrix/xcmatrix/results/regular"
)

// Planned is what a run was to be, without reading its journal.
func Planned(dir string) (Manifest, error) {
	place := filepath.Join(dir, manifestFile)
	raw, err := regular.Read(place, regular.MaxManifest)
	if err != nil {
		return Manifest{}, err
	}
	return parseManifest(place, raw)
}

// OpenJournal opens a run's journal as it stands, which may still grow. Its chain is not checked.
func OpenJournal(dir string) (*os.File, error) {
	return regular.Open(filepath.Join(dir, journalFile), regular.MaxJournal)
}
