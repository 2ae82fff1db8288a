// Package store keeps runs: a directory each, with a manifest that never changes, a journal that only grows, and
// attachments. The journal is a hash chain (SM3, GB/T 32905-2016) that begins at the manifest, so that a verdict can
// be neither taken out, nor put in, nor moved.
//
//	<runs>/latest               -> the newest run
//	<runs>/<id>/manifest.json   what was to run where; written once
//	<runs>/<id>/journal.ndjson  one entry a line (see Entry)
//	<runs>/<id>/seal.json       how many entries there are and the last one's hash, once the run has ended
//	<runs>/<id>/attachments/    gzip: what payloads printed, Ginkgo's own reports
//
// A pack holds the same files in one (see results/pack), and is read as a directory is.
package store

import (
	"io"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/temporary"
)

const (
	// Version of the directory's layout, which its manifest and its seal are written in. A newer one is refused, and so is
	// a file that is not exactly what the writer of its own version writes (see layouts). Whoever changes a field in a
	// version that was released keeps the version as it was, beside layout1.go, and raises this.
	Version = 2

	manifestFile = "manifest.json"
	journalFile  = "journal.ndjson"
	sealFile     = "seal.json"
	latestLink   = "latest"
)

// Manifest says what a run was to be. It is written before anything runs, and never again.
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

	// What was asked for, and what there would have been to ask for. Versions before these fields left them out.
	Selection *Selection `json:"selection,omitempty"`
	Suites    []FullPlan `json:"suites,omitempty"`

	Product *Product `json:"product,omitempty"` // the module whose own tests are run; nil where none are
}

// Target is a target as it was declared.
type Target struct {
	ID       string `json:"id"`
	GOOS     string `json:"goos"`
	GOARCH   string `json:"goarch"`
	Chip     string `json:"chip,omitempty"`
	System   string `json:"system,omitempty"`
	Launcher string `json:"launcher"`
	CPU      string `json:"cpu,omitempty"`
	BuildKey string `json:"build_key"`

	Guest *record.Guest `json:"guest,omitempty"` // the virtual machine that was asked for
}

// Names are what a target is known by: its id and its GOARCH.
func (m *Manifest) Names(target string) []string {
	for _, t := range m.Targets {
		if t.ID == target && t.GOARCH != target {
			return []string{target, t.GOARCH}
		}
	}
	return []string{target}
}

// CellPlan is one cell with the specs that it will run.
type CellPlan struct {
	Target   string            `json:"target"`
	Item     string            `json:"item"`
	Round    int               `json:"round"`
	BuildKey string            `json:"build_key"`
	Specs    []record.SpecPlan `json:"specs"`
}

// Excluded is a cell that will not run, and why.
type Excluded struct {
	Target string          `json:"target"`
	Item   string          `json:"item"`
	Why    record.Sentence `json:"why"`
}

// Seal closes a run: nothing was cut off behind the journal's last entry.
type Seal struct {
	Entries int       `json:"entries"`
	Head    string    `json:"head"` // hash of the last entry
	At      time.Time `json:"at"`
}

// writeWhole writes content as JSON, so that the file is there whole or not at all.
func writeWhole(path string, content any) error {
	raw, err := spell(content)
	if err != nil {
		return err
	}
	return temporary.Whole(path, func(w io.Writer) error {
		_, err := w.Write(raw)
		return err
	})
}
