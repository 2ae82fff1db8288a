package vectors

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// maxFile bounds a user's file in bytes, maxFiles all of them together: they travel to every payload.
const (
	maxFile  = 16 << 20
	maxFiles = 64 << 20
)

// Folder reads the files of vectors in a folder of the user's: those whose names end in .json, as text by name. check
// may refuse what parses, with an *Error. What is wrong is a *record.Problem that names file, test and field.
func Folder(dir string, check func(File) error) (map[string][]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, record.Wrongf(shown(dir), "the folder of vectors cannot be read: %v", "无法读取测试向量目录：%v", reason(err))
	}
	files, total := map[string][]byte{}, 0
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".json" {
			continue
		}
		path := filepath.Join(dir, e.Name())
		raw, err := load(path)
		if err != nil {
			return nil, err
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

// load reads one file that a user gives.
func load(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	var f *os.File
	if err == nil {
		f, err = os.Open(path)
	}
	if err != nil {
		return nil, record.Wrongf(shown(path), "the vectors cannot be read: %v", "无法读取测试向量：%v", reason(err))
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, record.Wrongf(shown(path), "the vectors cannot be read: %v", "无法读取测试向量：%v", reason(err))
	case len(raw) > maxFile:
		return nil, record.Wrongf(shown(path), "the file is larger than %d bytes", "文件超过 %d 字节", maxFile)
	}
	return raw, nil
}

// reason is an error without the path, which the sentence begins with.
func reason(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// shown is a path as it can be printed.
func shown(path string) string {
	if strings.ContainsFunc(path, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Sprintf("%.300s", strconv.Quote(path))
	}
	return path
}
