// Package regular opens files that somebody else may have made: it accepts regular files of a limited size only, does not
// follow symbolic links, and does not wait for other processes.
package regular

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Open opens a file for reading. It returns a *record.Problem with the path if the file is not regular (a symbolic link
// is not), if it is longer than limit bytes, or if the system returns an error, which is the problem's Cause.
func Open(path string, limit int64) (*os.File, error) {
	return open(path, os.O_RDONLY|syscall.O_NOFOLLOW, 0, limit, os.Lstat, os.OpenFile)
}

// OpenNamed does what Open does for a path that a person gives, which may be a symbolic link.
func OpenNamed(path string, limit int64) (*os.File, error) {
	return open(path, os.O_RDONLY, 0, limit, os.Stat, os.OpenFile)
}

// OpenIn does what Open does for a name below a root. A symbolic link cannot lead out of the root.
func OpenIn(root *os.Root, name string, limit int64) (*os.File, error) {
	return open(name, os.O_RDONLY|syscall.O_NOFOLLOW, 0, limit, root.Lstat, root.OpenFile)
}

// Update opens a file for reading and writing, and creates it if it does not exist. It fails as Open does.
func Update(path string, perm fs.FileMode, limit int64) (*os.File, error) {
	return open(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, perm, limit, os.Lstat, os.OpenFile)
}

// Read returns the content of a file. It fails as Open does.
func Read(path string, limit int64) ([]byte, error) {
	return read(path, limit, Open)
}

// ReadNamed returns the content of a file. It fails as OpenNamed does.
func ReadNamed(path string, limit int64) ([]byte, error) {
	return read(path, limit, OpenNamed)
}

// List returns the entries of a directory, sorted by name. It returns a *record.Problem if dir is no directory.
func List(dir string) ([]fs.DirEntry, error) {
	f, err := os.OpenFile(dir, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, unreadable(dir, err)
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	if err != nil {
		return nil, unreadable(dir, err)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// open examines a file before it opens it, because opening a device may have an effect, and again afterwards, because the
// name may mean another file by then.
func open(path string, flag int, perm fs.FileMode, limit int64, look func(string) (fs.FileInfo, error),
	open func(string, int, fs.FileMode) (*os.File, error)) (*os.File, error) {
	info, err := look(path)
	switch {
	case err == nil:
		if err := check(path, info, limit); err != nil {
			return nil, err
		}
	case flag&os.O_CREATE == 0 || !errors.Is(err, fs.ErrNotExist):
		return nil, unreadable(path, err)
	}
	f, err := open(path, flag|syscall.O_NONBLOCK, perm)
	if err != nil {
		return nil, unreadable(path, err)
	}
	if info, err = f.Stat(); err == nil {
		err = check(path, info, limit)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// read returns the content of a file that the function open opens.
func read(path string, limit int64, open func(string, int64) (*os.File, error)) ([]byte, error) {
	f, err := open(path, limit)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(AtMost(f, path, limit))
	var told *record.Problem
	if err != nil && !errors.As(err, &told) {
		err = unreadable(path, err)
	}
	return raw, err
}

// check returns a *record.Problem if a file is not regular or too long.
func check(path string, info fs.FileInfo, limit int64) error {
	switch {
	case !info.Mode().IsRegular():
		return record.Wrongf(path, "it is %[1]s, not a regular file", "这是%[1]s，不是普通文件", Kind(info.Mode()))
	case info.Size() > limit:
		return tooLong(path, limit)
	}
	return nil
}

// tooLong returns the problem that a file is longer than limit bytes.
func tooLong(path string, limit int64) error {
	return record.Wrongf(path, "it is longer than %s, the most that is read of such a file", "文件超过 %s，即此类文件可读取的上限", size(limit))
}

// Kind returns the name of a file's type for people.
func Kind(mode fs.FileMode) record.Sentence {
	switch mode.Type() {
	case 0:
		return record.Say("a regular file", "普通文件")
	case fs.ModeSymlink:
		return record.Say("a symbolic link", "符号链接")
	case fs.ModeDir:
		return record.Say("a directory", "目录")
	case fs.ModeNamedPipe:
		return record.Say("a named pipe", "命名管道")
	case fs.ModeSocket:
		return record.Say("a socket", "套接字")
	}
	return record.Say("a device", "设备文件")
}

// unreadable returns the problem that a file cannot be read, with the system's error as its cause.
func unreadable(path string, err error) error {
	cause := err
	var errno syscall.Errno
	if errors.As(err, &errno) {
		cause = errno
	}
	p := record.Wrongf(path, "cannot be read: %v", "无法读取：%v", cause)
	p.Cause = err
	return p
}
