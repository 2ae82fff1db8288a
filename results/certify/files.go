package certify

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/xcmatrix/xcmatrix/results/certify/statement"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

const (
	// MaxStatement bounds the files that are read whole before a signature vouches for them.
	MaxStatement = 32 << 20
	// MaxFile bounds each file of a folder.
	MaxFile = 1 << 30
)

// small reads a file that nothing vouches for yet.
func (v *Verification) small(dir, name string) ([]byte, bool) {
	text, err := regular.Read(filepath.Join(dir, name), MaxStatement)
	return text, err == nil || v.unread(name, err)
}

// unread tells why a file of the folder was not read. It returns false, as wrong does.
func (v *Verification) unread(name string, err error) bool {
	var p *record.Problem
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return v.wrong(name, "", "it is missing", "缺少该文件")
	case errors.As(err, &p):
		v.Problems = append(v.Problems, Problem{File: name, What: p.Sentence})
		return false
	}
	return v.because(name, err)
}

// file holds a file against what the statement says of it.
func (v *Verification) file(dir string, f statement.File) {
	got, err := digest(dir, f.Name)
	switch {
	case err != nil:
		v.unread(f.Name, err)
	case got.Digest != f.Digest:
		v.wrong(f.Name, "", "it was changed: its digest is not the signed one", "该文件被修改：摘要与签名内容不符")
	}
}

// digest of a file of the folder.
func digest(dir, name string) (statement.File, error) {
	in, err := regular.Open(filepath.Join(dir, name), MaxFile)
	if err != nil {
		return statement.File{}, err
	}
	defer in.Close()
	d, err := statement.DigestOf(regular.AtMost(in, name, MaxFile))
	return statement.File{Name: name, Digest: d}, err
}
