package vectors

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

// maxFile is the largest size of a user's file in bytes, maxFiles that of all of them: every payload gets them.
const (
	maxFile  = 16 << 20
	maxFiles = 64 << 20
)

// Folder reads the vector files in the user's folder, those whose names end in .json, and returns their texts by name. check may
// refuse a file that parses, with an *Error. The error is a *record.Problem that names file, test and field.
func Folder(dir string, check func(File) error) (map[string][]byte, error) {
	entries, err := regular.List(dir)
	if err != nil {
		return nil, placed(dir, err)
	}
	files, total := map[string][]byte{}, 0
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".json" {
			continue
		}
		path := filepath.Join(dir, e.Name())
		raw, err := regular.ReadNamed(path, maxFile)
		if err != nil {
			return nil, placed(path, err)
		}
		f, err := Parse(e.Name(), raw)
		if err == nil {
			err = check(f)
		}
		if wrong, ok := errors.AsType[*Error](err); ok {
			return nil, wrong.Problem(shown(path))
		}
		if total += len(raw); total > maxFiles {
			return nil, record.Wrongf(shown(dir), "the files of vectors are larger than %d bytes", "测试向量文件总计超过 %d 字节", maxFiles)
		}
		files[e.Name()] = raw
	}
	if len(files) == 0 {
		return nil, record.Wrongf(shown(dir), "no file in the folder of vectors ends in .json", "测试向量目录中没有以 .json 结尾的文件")
	}
	return files, nil
}

// placed returns an error of reading a file, with a printable place.
func placed(path string, err error) error {
	if p, ok := errors.AsType[*record.Problem](err); ok {
		return &record.Problem{Place: shown(path), Sentence: p.Sentence, Cause: p.Cause}
	}
	return err
}

// shown returns a printable form of a path.
func shown(path string) string {
	if strings.ContainsFunc(path, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Sprintf("%.300s", strconv.Quote(path))
	}
	return path
}
