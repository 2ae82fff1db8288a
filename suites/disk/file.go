package disk

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

func files() {
	It("written and synced reads back the same", func() {
		f, content := fresh(), random(1<<20+13)
		_, err := f.Write(content)
		check.NoError(err)
		check.NoError(f.Sync())
		check.NoError(check.RetryEINTR(func() error { return unix.Fdatasync(int(f.Fd())) }))
		read, err := os.ReadFile(f.Name())
		check.NoError(err)
		Expect(bytes.Equal(check.Fact("what was written and synced", read), content)).To(BeTrue())
	})
	It("written past the page cache reads back the same", direct)
	It("appended to from four sides has every record whole", func() {
		path := filepath.Join(check.TempDir(), "log")
		var writers sync.WaitGroup
		var failed [4]error
		for i := range 4 {
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
			check.NoError(err)
			DeferCleanup(f.Close)
			record := bytes.Repeat([]byte{'a' + byte(i)}, 99)
			writers.Go(func() {
				for range 100 {
					if _, err := f.Write(append(record, '\n')); err != nil {
						failed[i] = err
						return
					}
				}
			})
		}
		writers.Wait()
		check.NoError(errors.Join(failed[:]...))
		read, err := os.ReadFile(path)
		check.NoError(err)
		text := check.Fact("what four sides appended", string(read))
		Expect(strings.Count(text, "\n")).To(Equal(400))
		for line := range strings.Lines(text) {
			Expect(line).To(Equal(strings.Repeat(line[:1], 99) + "\n"))
		}
	})
	It("cut short and made long again is zero behind the cut", func() {
		f := fresh()
		_, err := f.Write(bytes.Repeat([]byte{1}, 10000))
		check.NoError(err)
		check.NoError(f.Truncate(100))
		check.NoError(f.Truncate(10000))
		read, err := os.ReadFile(f.Name())
		check.NoError(err)
		Expect(check.Fact("what was cut and made long again", read)).To(Equal(append(bytes.Repeat([]byte{1}, 100), make([]byte, 9900)...)))
	})
	It("removed while open can still be written and read", func() {
		f := fresh()
		check.NoError(os.Remove(f.Name()))
		_, err := f.WriteAt([]byte("still here"), 0)
		check.NoError(err)
		read := make([]byte, 10)
		_, err = f.ReadAt(read, 0)
		check.NoError(err)
		Expect(check.Fact("what a removed file reads", string(read))).To(Equal("still here"))
	})
	It("copied in the kernel is the same", func() {
		content := random(300000)
		Expect(bytes.Equal(check.Gather("what was copied in the kernel", func() []byte { return copied(content) }), content)).To(BeTrue())
	})
	It("on a full device is ENOSPC", func() {
		Expect(check.Gather("answer of a full device", fullDevice)).To(MatchError(unix.ENOSPC))
	})
}

// copied returns what the kernel's own copy of a file with this content holds.
func copied(content []byte) []byte {
	GinkgoHelper()
	dir := check.TempDir()
	from := freshIn(dir)
	_, err := from.Write(content)
	check.NoError(err)
	to, err := os.Create(filepath.Join(dir, "copy"))
	check.NoError(err)
	DeferCleanup(to.Close)
	var in, out int64
	for in < int64(len(content)) {
		n := 0
		err := check.RetryEINTR(func() (err error) {
			n, err = unix.CopyFileRange(int(from.Fd()), &in, int(to.Fd()), &out, len(content)-int(in), 0)
			return err
		})
		needsFileSystem(err, "copy_file_range")
		if n == 0 {
			break
		}
	}
	read, err := os.ReadFile(to.Name())
	check.NoError(err)
	return read
}

// fullDevice returns the answer to a write to the kernel's full(4).
func fullDevice() error {
	GinkgoHelper()
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		check.Skip(record.Sayf("no /dev/full: %v", "没有 /dev/full：%v", err))
	}
	DeferCleanup(f.Close)
	var st unix.Stat_t
	check.NoError(unix.Fstat(int(f.Fd()), &st))
	if st.Mode&unix.S_IFMT != unix.S_IFCHR || unix.Major(uint64(st.Rdev)) != 1 || unix.Minor(uint64(st.Rdev)) != 7 { // full(4)
		check.Skip(record.Say("/dev/full is not the kernel's device here", "此处的 /dev/full 不是内核设备"))
	}
	_, err = f.Write([]byte("x"))
	return err
}

// direct writes with O_DIRECT, aligned to 4096 bytes, which is a multiple of every block size that disks have. A write that is
// not aligned must be refused, or write the right bytes.
func direct() {
	seen := check.Gather("what was written past the page cache, and read past it and through it", writtenPast)
	Expect(bytes.Equal(seen.read, seen.wrote)).To(BeTrue())
	Expect(check.Fact("answer to a write that is not aligned", seen.odd)).To(Or(Succeed(), MatchError(unix.EINVAL)))
	Expect(bytes.Equal(seen.cached, seen.wrote)).To(BeTrue())
}

// past is what was written with O_DIRECT, what reads past the page cache and through it gave, and the answer to a write that
// is not aligned.
type past struct {
	wrote, read, cached []byte
	odd                 error
}

func writtenPast() past {
	GinkgoHelper()
	path := filepath.Join(check.TempDir(), "direct")
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC|unix.O_DIRECT, 0o600)
	needsFileSystem(err, "O_DIRECT")
	DeferCleanup(unix.Close, fd)
	const block = 4096
	buffer := aligned(2*block, block)
	copy(buffer, random(2*block))
	_, err = unix.Pwrite(fd, buffer, block)
	needsFileSystem(err, "O_DIRECT")
	read := aligned(2*block, block)
	n, err := unix.Pread(fd, read, block)
	check.NoError(err)
	_, odd := unix.Pwrite(fd, buffer[1:block], block+1)
	cached, err := os.ReadFile(path)
	check.NoError(err)
	return past{wrote: buffer, read: read[:n], cached: cached[block:], odd: odd}
}

// aligned returns n bytes at an address that is a multiple of align, a power of two.
func aligned(n, align int) []byte {
	all := make([]byte, n+align)
	skip := -int(uintptr(unsafe.Pointer(&all[0]))) & (align - 1)
	return all[skip : skip+n]
}

func names() {
	It("renamed over another replaces it at once", func() {
		dir := check.TempDir()
		path := filepath.Join(dir, "settled")
		versions := [][]byte{bytes.Repeat([]byte{'a'}, 8192), bytes.Repeat([]byte{'b'}, 8192)}
		check.NoError(os.WriteFile(path, versions[0], 0o600))
		var done atomic.Bool
		var reader sync.WaitGroup
		var torn atomic.Int64
		var failed error
		reader.Go(func() {
			for !done.Load() {
				read, err := os.ReadFile(path)
				if err != nil {
					failed = err
				} else if !bytes.Equal(read, versions[0]) && !bytes.Equal(read, versions[1]) {
					torn.Add(1)
				}
			}
		})
		DeferCleanup(func() { done.Store(true); reader.Wait() })
		for i := range 200 {
			draft := filepath.Join(dir, "draft")
			check.NoError(os.WriteFile(draft, versions[i%2], 0o600))
			check.NoError(os.Rename(draft, path))
		}
		done.Store(true)
		reader.Wait()
		check.NoError(failed)
		Expect(check.Fact("reads of neither version", torn.Load())).To(BeZero())
	})
	It("renamed with RENAME_NOREPLACE spares what is there", func() {
		Expect(check.Gather("answer to RENAME_NOREPLACE over another", func() error {
			dir := check.TempDir()
			one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
			check.NoError(os.WriteFile(one, []byte("1"), 0o600))
			needsFileSystem(unix.Renameat2(unix.AT_FDCWD, one, unix.AT_FDCWD, two, unix.RENAME_NOREPLACE), "RENAME_NOREPLACE")
			check.NoError(os.WriteFile(one, []byte("2"), 0o600))
			return unix.Renameat2(unix.AT_FDCWD, one, unix.AT_FDCWD, two, unix.RENAME_NOREPLACE)
		})).To(MatchError(unix.EEXIST))
	})
	It("created with O_EXCL has one creator", func() {
		path := filepath.Join(check.TempDir(), "one")
		var won atomic.Int64
		var racers sync.WaitGroup
		var failed [8]error
		for i := range failed {
			racers.Go(func() {
				f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
				if err == nil {
					won.Add(1)
					f.Close()
				} else if !errors.Is(err, os.ErrExist) {
					failed[i] = err
				}
			})
		}
		racers.Wait()
		check.NoError(errors.Join(failed[:]...))
		Expect(check.Fact("creators with O_EXCL", won.Load())).To(BeEquivalentTo(1))
	})
	It("given late to a nameless file", func() {
		Expect(check.Gather("content of a file that was given its name late", namedLate)).To(Equal("content"))
	})
	It("in Chinese comes back as it was given", func() {
		dir := check.TempDir()
		const name = "信创 适配-测试.txt"
		check.NoError(os.WriteFile(filepath.Join(dir, name), nil, 0o600))
		entries, err := os.ReadDir(dir)
		check.NoError(err)
		var listed []string
		for _, e := range entries {
			listed = append(listed, e.Name())
		}
		Expect(check.Fact("names in a directory of one in Chinese", listed)).To(Equal([]string{name}))
	})
	It("of 255 bytes is the longest", func() {
		Expect(check.Gather("answer to a name of 256 bytes", func() error {
			dir := check.TempDir()
			err := os.WriteFile(filepath.Join(dir, strings.Repeat("x", 255)), nil, 0o600)
			if errors.Is(err, unix.ENAMETOOLONG) {
				check.Skip(record.Sayf("the file system's names are shorter: %v", "该文件系统的文件名上限更短：%v", err))
			}
			check.NoError(err)
			return os.WriteFile(filepath.Join(dir, strings.Repeat("x", 256)), nil, 0o600)
		})).To(MatchError(unix.ENAMETOOLONG))
	})
}

// namedLate writes to a nameless file, gives it a name, and returns what the file of that name holds.
func namedLate() string {
	GinkgoHelper()
	dir := check.TempDir()
	fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	needsFileSystem(err, "O_TMPFILE")
	f := os.NewFile(uintptr(fd), "nameless")
	DeferCleanup(f.Close)
	_, err = io.WriteString(f, "content")
	check.NoError(err)
	path := filepath.Join(dir, "named")
	link := "/proc/self/fd/" + strconv.Itoa(fd)
	if _, err := os.Lstat(link); err != nil {
		check.Skip(record.Say("/proc is not mounted here", "此处未挂载 /proc"))
	}
	check.NoError(unix.Linkat(unix.AT_FDCWD, link, unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW))
	read, err := os.ReadFile(path)
	check.NoError(err)
	return string(read)
}
