// Package store keeps runs: a directory each, with a manifest that never changes, a journal that only grows, and
// attachments. The journal is a hash chain (SM3, GB/T 32905-2016) that begins at the manifest, so that a verdict can
// be neither taken out, nor put in, nor moved.
//
//	<runs>/latest               -> the newest run
//	<runs>/<id>/manifest.json   what was to run where; written once
//	<runs>/<id>/journal.ndjson  one entry a line (see Entry)
//	<runs>/<id>/seal.json       how many entries there are and the last one's hash, once the run has ended
//	<runs>/<id>/attachments/    gzip: what payloads printed, Ginkgo's own reports
package store

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

const (
	// Version of the directory's layout. A newer one is refused.
	Version = 1

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

// readManifest reads a run's manifest, and its raw bytes, from which the chain begins.
func readManifest(dir string) (Manifest, []byte, error) {
	var m Manifest
	path := filepath.Join(dir, manifestFile)
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return m, nil, record.Wrongf(dir, "there is no run here (no %s)", "这里没有运行记录（缺少 %s）", manifestFile)
	}
	if err != nil {
		return m, nil, err
	}
	err = json.Unmarshal(raw, &m)
	if m.V > Version { // before all else: in a newer version a field may have another type
		return m, nil, record.Wrongf(path, "made by a newer version (layout %d, this one reads %d): update xcmatrix",
			"由更新的版本生成（布局 %d，本程序支持 %d）：请升级 xcmatrix", m.V, Version)
	}
	if err == nil && m.V < 1 {
		err = errors.New(`no "v"`)
	}
	if err != nil {
		return m, nil, record.Wrongf(path, "the manifest is damaged: %v", "清单已损坏：%v", err)
	}
	return m, raw, nil
}

func readSeal(dir string) (*Seal, error) {
	path := filepath.Join(dir, sealFile)
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var s Seal
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, record.Wrongf(path, "the seal is damaged: %v", "封条已损坏：%v", err)
	}
	return &s, nil
}

// writeWhole writes a file so that it is there whole or not at all.
func writeWhole(path string, content any) error {
	raw, err := json.MarshalIndent(content, "", " ")
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if _, err = tmp.Write(append(raw, '\n')); err == nil {
		err = tmp.Sync()
	}
	if errClose := tmp.Close(); err == nil {
		err = errClose
	}
	if err != nil {
		return err
	}
	if err := os.Chmod(tmp.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
