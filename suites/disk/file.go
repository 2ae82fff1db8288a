package disk

import (
	"bytes"
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
		Expect(err).NotTo(HaveOccurred())
		Expect(f.Sync()).To(Succeed())
		Expect(unix.Fdatasync(int(f.Fd()))).To(Succeed())
		read, err := os.ReadFile(f.Name())
		Expect(err).NotTo(HaveOccurred())
		Expect(bytes.Equal(read, content)).To(BeTrue())
	})
	It("written past the page cache reads back the same", direct)
	It("appended to from four sides has every record whole", func() {
		path := filepath.Join(GinkgoT().TempDir(), "log")
		var writers sync.WaitGroup
		for i := range 4 {
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(f.Close)
			record := bytes.Repeat([]byte{'a' + byte(i)}, 99)
			writers.Go(func() {
				for range 100 {
					_, _ = f.Write(append(record, '\n')) // a lost record shows in the count
				}
			})
		}
		writers.Wait()
		text, err := os.ReadFile(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(strings.Count(string(text), "\n")).To(Equal(400))
		for line := range strings.Lines(string(text)) {
			Expect(line).To(Equal(strings.Repeat(line[:1], 99) + "\n"))
		}
	})
	It("cut short and made long again is zero behind the cut", func() {
		f := fresh()
		_, err := f.Write(bytes.Repeat([]byte{1}, 10000))
		Expect(err).NotTo(HaveOccurred())
		Expect(f.Truncate(100)).To(Succeed())
		Expect(f.Truncate(10000)).To(Succeed())
		read, err := os.ReadFile(f.Name())
		Expect(err).NotTo(HaveOccurred())
		Expect(read).To(Equal(append(bytes.Repeat([]byte{1}, 100), make([]byte, 9900)...)))
	})
	It("removed while open can still be written and read", func() {
		f := fresh()
		Expect(os.Remove(f.Name())).To(Succeed())
		_, err := f.WriteAt([]byte("still here"), 0)
		Expect(err).NotTo(HaveOccurred())
		read := make([]byte, 10)
		_, err = f.ReadAt(read, 0)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(read)).To(Equal("still here"))
	})
	It("copied in the kernel is the same", func() {
		dir, content := GinkgoT().TempDir(), random(300000)
		from := freshIn(dir)
		_, err := from.Write(content)
		Expect(err).NotTo(HaveOccurred())
		to, err := os.Create(filepath.Join(dir, "copy"))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(to.Close)
		var in, out int64
		for in < int64(len(content)) {
			n, err := unix.CopyFileRange(int(from.Fd()), &in, int(to.Fd()), &out, len(content)-int(in), 0)
			needsFileSystem(err, "copy_file_range")
			Expect(n).To(BeNumerically(">", 0))
		}
		read, err := os.ReadFile(to.Name())
		Expect(err).NotTo(HaveOccurred())
		Expect(bytes.Equal(read, content)).To(BeTrue())
	})
	It("on a full device is ENOSPC", func() {
		f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			check.Skip(record.Sayf("no /dev/full: %v", "没有 /dev/full：%v", err))
		}
		DeferCleanup(f.Close)
		_, err = f.Write([]byte("x"))
		Expect(err).To(MatchError(unix.ENOSPC))
	})
}

// direct writes with O_DIRECT, aligned to 4096 bytes, which is enough for every block size that disks have. What is
// not aligned is refused, or written right.
func direct() {
	path := filepath.Join(GinkgoT().TempDir(), "direct")
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
	Expect(err).NotTo(HaveOccurred())
	Expect(bytes.Equal(read[:n], buffer)).To(BeTrue())

	_, err = unix.Pwrite(fd, buffer[1:block], block+1)
	Expect(err).To(Or(Succeed(), MatchError(unix.EINVAL)))
	cached, err := os.ReadFile(path)
	Expect(err).NotTo(HaveOccurred())
	Expect(bytes.Equal(cached[block:], buffer)).To(BeTrue())
}

// aligned is n bytes at a multiple of align, which is a power of two.
func aligned(n, align int) []byte {
	all := make([]byte, n+align)
	skip := -int(uintptr(unsafe.Pointer(&all[0]))) & (align - 1)
	return all[skip : skip+n]
}

func names() {
	It("renamed over another replaces it at once", func() {
		dir := GinkgoT().TempDir()
		path := filepath.Join(dir, "settled")
		versions := [][]byte{bytes.Repeat([]byte{'a'}, 8192), bytes.Repeat([]byte{'b'}, 8192)}
		Expect(os.WriteFile(path, versions[0], 0o600)).To(Succeed())
		var done atomic.Bool
		var reader sync.WaitGroup
		var torn atomic.Int64
		reader.Go(func() {
			for !done.Load() {
				read, err := os.ReadFile(path)
				if err != nil || !bytes.Equal(read, versions[0]) && !bytes.Equal(read, versions[1]) {
					torn.Add(1)
				}
			}
		})
		for i := range 200 {
			draft := filepath.Join(dir, "draft")
			Expect(os.WriteFile(draft, versions[i%2], 0o600)).To(Succeed())
			Expect(os.Rename(draft, path)).To(Succeed())
		}
		done.Store(true)
		reader.Wait()
		Expect(torn.Load()).To(BeZero())
	})
	It("renamed with RENAME_NOREPLACE spares what is there", func() {
		dir := GinkgoT().TempDir()
		one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
		Expect(os.WriteFile(one, []byte("1"), 0o600)).To(Succeed())
		needsFileSystem(unix.Renameat2(unix.AT_FDCWD, one, unix.AT_FDCWD, two, unix.RENAME_NOREPLACE), "RENAME_NOREPLACE")
		Expect(os.WriteFile(one, []byte("2"), 0o600)).To(Succeed())
		Expect(unix.Renameat2(unix.AT_FDCWD, one, unix.AT_FDCWD, two, unix.RENAME_NOREPLACE)).To(MatchError(unix.EEXIST))
	})
	It("created with O_EXCL has one creator", func() {
		path := filepath.Join(GinkgoT().TempDir(), "one")
		var won atomic.Int64
		var racers sync.WaitGroup
		for range 8 {
			racers.Go(func() {
				if f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
					won.Add(1)
					f.Close()
				}
			})
		}
		racers.Wait()
		Expect(won.Load()).To(BeEquivalentTo(1))
	})
	It("given late to a nameless file", func() {
		dir := GinkgoT().TempDir()
		fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
		needsFileSystem(err, "O_TMPFILE")
		f := os.NewFile(uintptr(fd), "nameless")
		DeferCleanup(f.Close)
		_, err = io.WriteString(f, "content")
		Expect(err).NotTo(HaveOccurred())
		path := filepath.Join(dir, "named")
		link := "/proc/self/fd/" + strconv.Itoa(fd)
		Expect(unix.Linkat(unix.AT_FDCWD, link, unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW)).To(Succeed())
		Expect(os.ReadFile(path)).To(Equal([]byte("content")))
	})
	It("in Chinese comes back as it was given", func() {
		dir := GinkgoT().TempDir()
		const name = "信创 适配-测试.txt"
		Expect(os.WriteFile(filepath.Join(dir, name), nil, 0o600)).To(Succeed())
		entries, err := os.ReadDir(dir)
		Expect(err).NotTo(HaveOccurred())
		Expect(entries).To(HaveLen(1))
		Expect(entries[0].Name()).To(Equal(name))
	})
	It("of 255 bytes is the longest", func() {
		dir := GinkgoT().TempDir()
		err := os.WriteFile(filepath.Join(dir, strings.Repeat("x", 255)), nil, 0o600)
		if err != nil {
			check.Skip(record.Sayf("the file system's names are shorter: %v", "该文件系统的文件名上限更短：%v", err))
		}
		Expect(os.WriteFile(filepath.Join(dir, strings.Repeat("x", 256)), nil, 0o600)).To(MatchError(unix.ENAMETOOLONG))
	})
}
