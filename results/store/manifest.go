// Package store writes and reads runs: each is a directory with a manifest that never changes, a journal that only grows,
// and attachments. The journal is a hash chain (SM3, GB/T 32905-2016) that begins at the manifest, so that nobody can
// remove, insert or move a verdict unnoticed.
//
//	<runs>/latest               -> the newest run
//	<runs>/<id>/manifest.json   the plan; written once
//	<runs>/<id>/journal.ndjson  one entry a line (see Entry)
//	<runs>/<id>/seal.json       number of entries and last hash, after the run has ended
//	<runs>/<id>/attachments/    gzip: output of payloads, Ginkgo's own reports
//
// A pack has the same files in one (see results/pack), and is read like a directory.
package store

import (
	"io"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/temporary"
)

const (
	// Version of the directory's layout, in manifest and seal. A newer one is refused, and so is a file that differs from
	// the encoding of its own version (see layouts). To change a field of a released version, keep that version beside
	// layout1.go, and raise Version.
	Version = 2

	manifestFile = "manifest.json"
	journalFile  = "journal.ndjson"
	sealFile     = "seal.json"
	latestLink   = "latest"
)

// Manifest is the plan of a run. It is written before anything runs, and never changed.
type Manifest struct {
	V        int        `json:"v"`
	Run      string     `json:"run"`
	Created  time.Time  `json:"created"`
	Seed     uint64     `json:"seed"`
	Tool     string     `json:"tool"`             // version of xcmatrix
	Commit   string     `json:"commit,omitempty"` // of the source the payloads are built from
	Go       string     `json:"go"`
	Matrix   string     `json:"matrix"` // "sm3:…" of the matrix file
	Targets  []Target   `json:"targets"`
	Items    []string   `json:"items"`
	Cells    []CellPlan `json:"cells"`
	Excluded []Excluded `json:"excluded,omitempty"`
	Plan     string     `json:"plan,omitempty"` // "sm3:…" of the plan file that the run was made by

	// What the user selected, and the full plans of the suites. Older versions do not have these fields.
	Selection *Selection `json:"selection,omitempty"`
	Suites    []FullPlan `json:"suites,omitempty"`

	Product *Product `json:"product,omitempty"` // the module whose own tests are run; nil where none are
}

// Target is a target as declared.
type Target struct {
	ID       string `json:"id"`
	GOOS     string `json:"goos"`
	GOARCH   string `json:"goarch"`
	Chip     string `json:"chip,omitempty"`
	System   string `json:"system,omitempty"`
	Launcher string `json:"launcher"`
	CPU      string `json:"cpu,omitempty"`
	BuildKey string `json:"build_key"`

	Guest *record.Guest `json:"guest,omitempty"` // the requested virtual machine
}

// Names returns the names of a target that globs match: its id and its GOARCH.
func (m *Manifest) Names(target string) []string {
	for _, t := range m.Targets {
		if t.ID == target && t.GOARCH != target {
			return []string{target, t.GOARCH}
		}
	}
	return []string{target}
}

// CellPlan is one cell with its specs.
type CellPlan struct {
	Target   string            `json:"target"`
	Item     string            `json:"item"`
	Round    int               `json:"round"`
	BuildKey string            `json:"build_key"`
	Specs    []record.SpecPlan `json:"specs"`
}

// Excluded is a cell that will not run, with the reason.
type Excluded struct {
	Target string          `json:"target"`
	Item   string          `json:"item"`
	Why    record.Sentence `json:"why"`
}

// Seal ends a run. It shows that nothing was removed after the journal's last entry.
type Seal struct {
	Entries int       `json:"entries"`
	Head    string    `json:"head"` // hash of the last entry
	At      time.Time `json:"at"`
}

// writeWhole writes a file, whole or not at all.
func writeWhole(path string, content any) error {
	raw, err := encode(content)
	if err != nil {
		return err
	}
	return temporary.Whole(path, func(w io.Writer) error {
		_, err := w.Write(raw)
		return err
	})
}
