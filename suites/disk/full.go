package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/disk/loop"
)

// filled is what became of a file system that was filled up.
type filled struct {
	wrote, again int64  // bytes until it was full, and after the file was removed
	err          error  // of the write that did not fit
	kept         bool   // what was written before reads back
	free         uint64 // bytes that statfs says are free
}

// fill fills a file system, reads back, removes the file, and fills it again.
func fill(dir string) (f filled, err error) {
	path := filepath.Join(dir, "file")
	if f.wrote, f.err = writeAll(path); errors.Is(f.err, unix.EFBIG) { // this process's own limit
		return f, f.err
	}
	read, err := os.ReadFile(path)
	if err != nil {
		return f, err
	}
	f.kept = len(read) == int(f.wrote) && bytes.Count(read, []byte{7}) == len(read)
	if f.free, err = freeBytes(dir); err != nil {
		return f, err
	}
	if err := os.Remove(path); err != nil {
		return f, err
	}
	f.again, _ = writeAll(path)
	return f, nil
}

// writeAll writes to a new file until the file system takes no more, and returns how much it took, and the answer then.
func writeAll(path string) (n int64, err error) {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	block := bytes.Repeat([]byte{7}, 64<<10)
	for n < 1<<30 {
		wrote, err := out.Write(block)
		n += int64(wrote)
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// freeBytes returns what statfs says is free.
func freeBytes(dir string) (uint64, error) {
	var st unix.Statfs_t
	err := unix.Statfs(dir, &st)
	return st.Bfree * uint64(st.Bsize), err
}

// fillInodes creates empty files until the file system takes no more.
func fillInodes(dir string) (f filled, err error) {
	for i := 0; i < 10000 && f.err == nil; i++ {
		f.err = os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), nil, 0o600)
	}
	f.free, err = freeBytes(dir)
	return f, err
}

// allocateTooMuch asks for more space than the file system has; wrote is the length of the file afterwards.
func allocateTooMuch(dir string) (f filled, err error) {
	file, err := os.Create(filepath.Join(dir, "file"))
	if err != nil {
		return f, err
	}
	defer file.Close()
	if _, err := file.WriteString("abc"); err != nil {
		return f, err
	}
	if f.err = fallocate(file, 0, 0, 16<<20); errors.Is(f.err, unix.EFBIG) { // this process's own limit
		return f, f.err
	}
	info, err := file.Stat()
	f.wrote = info.Size()
	return f, err
}

// lost is what fsync says of writes to a device that its file system has no space for.
type lost struct {
	first, again error // of one descriptor, twice
	other        error // of another that was open
}

// lostWrites writes 4 MiB to a device whose file has holes, on a file system of one MiB, through the page cache.
func lostWrites() (l lost) {
	GinkgoHelper()
	d, err := loop.Add()
	needsDevice(err)
	check.NoError(err)
	DeferCleanup(d.Close)
	mounted("tmpfs", smallSystem, func(dir string) error {
		file, err := os.Create(filepath.Join(dir, "holes"))
		if err != nil {
			return err
		}
		defer file.Close()
		if err := file.Truncate(8 << 20); err != nil {
			return err
		}
		if err := d.Attach(file, loop.Options{}); err != nil {
			return err
		}
		defer d.Detach()
		l, err = writtenInVain(d.Node())
		return err
	})
	return l
}

// writtenInVain writes 4 MiB to a device, and returns the answers of fsync.
func writtenInVain(node string) (l lost, err error) {
	one, err := os.OpenFile(node, os.O_RDWR, 0)
	if err != nil {
		return l, err
	}
	defer one.Close()
	other, err := os.OpenFile(node, os.O_RDWR, 0)
	if err != nil {
		return l, err
	}
	defer other.Close()
	if _, err := io.Copy(io.NewOffsetWriter(one, 0), bytes.NewReader(bytes.Repeat([]byte{1}, 4<<20))); err != nil {
		return l, err
	}
	l.first, l.again, l.other = one.Sync(), one.Sync(), other.Sync()
	return l, nil
}
