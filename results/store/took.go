package store

import (
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Took returns the manifest of a run and the time from its beginning to its seal, without reading its journal. It returns
// an error if the run has not ended.
func Took(path string) (Manifest, time.Duration, error) {
	f, err := Open(path)
	if err != nil {
		return Manifest{}, 0, err
	}
	defer f.Close()
	raw, err := f.Manifest()
	if err != nil {
		return Manifest{}, 0, err
	}
	m, err := parseManifest(f.place(manifestFile), raw)
	if err != nil {
		return m, 0, err
	}
	text, err := f.Seal()
	if err != nil {
		return m, 0, err
	}
	if text == nil {
		return m, 0, record.Wrongf(path, "the run has not ended", "运行尚未结束")
	}
	seal, err := parseSeal(f.place(sealFile), text, m.V)
	if err != nil {
		return m, 0, err
	}
	return m, seal.At.Sub(m.Created), nil
}
