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
	// MaxStatement is the largest size, in bytes, of a file that is read whole before a signature covers it.
	MaxStatement = 32 << 20
	// MaxFile is the largest size of a file of a folder, in bytes.
	MaxFile = 1 << 30
)

// readSmall returns the content of a file that no signature covers yet. It returns false, and adds a problem, if the file
// cannot be read or is larger than MaxStatement.
func (v *Verification) readSmall(dir, name string) ([]byte, bool) {
	text, err := regular.Read(filepath.Join(dir, name), MaxStatement)
	return text, err == nil || v.unreadable(name, err)
}

// unreadable adds the problem that a file of the folder cannot be read. It always returns false.
func (v *Verification) unreadable(name string, err error) bool {
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

// checkDigest adds a problem if a checkDigest of the folder has another digest than the statement names, or cannot be read.
func (v *Verification) checkDigest(dir string, f statement.File) {
	got, err := digest(dir, f.Name)
	switch {
	case err != nil:
		v.unreadable(f.Name, err)
	case got.Digest != f.Digest:
		v.wrong(f.Name, "", "it was changed: its digest is not the signed one", "该文件被修改：摘要与签名内容不符")
	}
}

// digest returns the name and digest of a file in dir. It fails if the file is no regular file or larger than MaxFile.
func digest(dir, name string) (statement.File, error) {
	in, err := regular.Open(filepath.Join(dir, name), MaxFile)
	if err != nil {
		return statement.File{}, err
	}
	defer in.Close()
	d, err := statement.DigestOf(regular.AtMost(in, name, MaxFile))
	return statement.File{Name: name, Digest: d}, err
}
