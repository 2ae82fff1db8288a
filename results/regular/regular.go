// Package regular opens files that somebody else may have made: regular files alone, of a bounded length, without
// following a symbolic link and without waiting for another process.
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

// Open opens a file for reading. It refuses what is no regular file, a symbolic link included, and what is longer than
// limit bytes. The error is a *record.Problem that names the path, whose cause is the system's error where there is one.
func Open(path string, limit int64) (*os.File, error) {
	return open(path, os.O_RDONLY|syscall.O_NOFOLLOW, 0, limit, os.Lstat, os.OpenFile)
}

// OpenNamed is Open for a path that a person has given, which may be a symbolic link.
func OpenNamed(path string, limit int64) (*os.File, error) {
	return open(path, os.O_RDONLY, 0, limit, os.Stat, os.OpenFile)
}

// OpenIn is Open for a name below a root, which no symbolic link on the way can lead out of.
func OpenIn(root *os.Root, name string, limit int64) (*os.File, error) {
	return open(name, os.O_RDONLY|syscall.O_NOFOLLOW, 0, limit, root.Lstat, root.OpenFile)
}

// Update opens a file for reading and writing, and makes it where there is none. It refuses what Open refuses.
func Update(path string, perm fs.FileMode, limit int64) (*os.File, error) {
	return open(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, perm, limit, os.Lstat, os.OpenFile)
}

// Read is the content of a file that Open opens.
func Read(path string, limit int64) ([]byte, error) {
	return read(path, limit, Open)
}

// ReadNamed is the content of a file that OpenNamed opens.
func ReadNamed(path string, limit int64) ([]byte, error) {
	return read(path, limit, OpenNamed)
}

// List is what a directory holds, in the order of names. What is no directory is refused at once.
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

// open looks before it opens, because to open a device may already do something, and again at what it has opened,
// because a name may mean another file by then.
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

// check reports why a file is not read.
func check(path string, info fs.FileInfo, limit int64) error {
	switch {
	case !info.Mode().IsRegular():
		return record.Wrongf(path, "it is %[1]s, not a regular file", "这是%[1]s，不是普通文件", Kind(info.Mode()))
	case info.Size() > limit:
		return tooLong(path, limit)
	}
	return nil
}

func tooLong(path string, limit int64) error {
	return record.Wrongf(path, "it is longer than %s, the most that is read of such a file", "文件超过 %s，即此类文件可读取的上限", size(limit))
}

// Kind names a file's type for people.
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
