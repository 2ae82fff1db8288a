package certify

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/coverage"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// coverageOf puts together what the tests of a target have covered; nil where that was not measured.
func coverageOf(run *store.Run, target string) (coverage.Profile, error) {
	if run.Manifest.Product == nil {
		return nil, nil
	}
	files, err := store.Open(run.Dir)
	if err != nil {
		return nil, err
	}
	defer files.Close()
	texts, err := files.Coverage(target)
	if err != nil {
		return nil, err
	}
	p := coverage.Profile{}
	for name, text := range texts {
		if err := p.Read(bytes.NewReader(text)); err != nil {
			return nil, record.Wrongf(filepath.Join(run.Dir, name), "this is no coverage profile: %v", "不是覆盖率文件：%v", err)
		}
	}
	return p, nil
}

// counted is what a claim says of a profile; nil for nothing.
func counted(p coverage.Profile) *claim.Coverage {
	if len(p) == 0 {
		return nil
	}
	all, ran := p.Count()
	return &claim.Coverage{Statements: all, Covered: ran}
}

// covered reads the folder's coverage; nil where it has none.
func (v *Verification) covered(dir string) (*claim.Coverage, bool) {
	text, err := regular.Read(filepath.Join(dir, coverageFile), MaxStatement)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, true
	}
	if err != nil {
		return nil, v.unreadable(coverageFile, err)
	}
	p := coverage.Profile{}
	if err := p.Read(bytes.NewReader(text)); err != nil {
		return nil, v.wrong(coverageFile, "", "this is no coverage profile: %v", "不是覆盖率文件：%v", err)
	}
	return counted(p), true
}
