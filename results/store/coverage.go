package store

import (
	"bytes"
	"io"
	"path"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

// maxCoverage bounds the coverage of one process, in bytes as it unpacks.
const maxCoverage = 64 << 20

// Coverage returns the coverage profiles of a target's tests, by the names of their files. There are none where coverage was
// not measured.
func (f *Files) Coverage(target string) (map[string][]byte, error) {
	dir := path.Join("attachments", target, record.ItemTest)
	var names []string
	if f.packed != nil {
		for _, name := range f.packed.Attachments() {
			if path.Dir(name) == dir && strings.HasSuffix(name, coverageSuffix) {
				names = append(names, name)
			}
		}
	} else {
		paths, err := filepath.Glob(filepath.Join(f.place(filepath.FromSlash(dir)), "*"+coverageSuffix))
		if err != nil {
			return nil, err
		}
		for _, p := range paths {
			names = append(names, path.Join(dir, filepath.Base(p)))
		}
	}
	all := map[string][]byte{}
	for _, name := range names {
		packed, err := f.read(filepath.FromSlash(name), maxCoverage)
		if err != nil {
			return nil, err
		}
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return nil, record.Wrongf(f.place(name), "cannot be unpacked: %v", "无法解压：%v", err)
		}
		if all[name], err = io.ReadAll(regular.AtMost(z, f.place(name), maxCoverage)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

const coverageSuffix = ".coverage.txt.gz"
