package disk

import (
	"io"
	"os"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// second opens a file once more, so that its locks are another owner's.
func second(f *os.File) *os.File {
	GinkgoHelper()
	again, err := os.OpenFile(f.Name(), os.O_RDWR, 0)
	check.NoError(err)
	DeferCleanup(again.Close)
	return again
}

func locks() {
	It("of flock keeps another out until it is closed", func() {
		first := fresh()
		other := second(first)
		needsFileSystem(unix.Flock(int(first.Fd()), unix.LOCK_EX), "flock")
		Expect(unix.Flock(int(other.Fd()), unix.LOCK_EX|unix.LOCK_NB)).To(MatchError(unix.EWOULDBLOCK))
		check.NoError(first.Close())
		check.NoError(unix.Flock(int(other.Fd()), unix.LOCK_EX|unix.LOCK_NB))
	})
	It("of flock is shared by readers", func() {
		first := fresh()
		other := second(first)
		needsFileSystem(unix.Flock(int(first.Fd()), unix.LOCK_SH), "flock")
		check.NoError(unix.Flock(int(other.Fd()), unix.LOCK_SH|unix.LOCK_NB))
		Expect(unix.Flock(int(other.Fd()), unix.LOCK_EX|unix.LOCK_NB)).To(MatchError(unix.EWOULDBLOCK))
	})
	It("of an open file description covers its range and no more", func() {
		first := fresh()
		other := second(first)
		lock := func(f *os.File, start int64) error {
			return unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart, Start: start, Len: 10})
		}
		needsFileSystem(lock(first, 100), "F_OFD_SETLK")
		Expect(lock(other, 105)).To(MatchError(unix.EAGAIN))
		check.NoError(lock(other, 110))
		check.NoError(lock(other, 90))
	})
}

// mapFile maps n bytes of a file from its start, to the end of the spec.
func mapFile(f *os.File, n, access int) []byte {
	GinkgoHelper()
	pages, err := unix.Mmap(int(f.Fd()), 0, n, access, unix.MAP_SHARED)
	needsFileSystem(err, "mmap")
	DeferCleanup(func() error { return unix.Munmap(pages) })
	return pages
}

func mappings() {
	It("written to is what the file reads", func() {
		f := fresh()
		_, err := f.Write(make([]byte, 64<<10)) // where no room is left, this says so; a write to the mapping of a hole is SIGBUS
		check.NoError(err)
		pages := mapFile(f, 64<<10, unix.PROT_READ|unix.PROT_WRITE)
		copy(pages[5000:], "through the mapping")
		_, _, errno := unix.Syscall(unix.SYS_MSYNC, uintptr(unsafe.Pointer(&pages[0])), uintptr(len(pages)), unix.MS_SYNC)
		Expect(errno).To(BeZero())
		read := make([]byte, 19)
		_, err = f.ReadAt(read, 5000)
		check.NoError(err)
		Expect(string(read)).To(Equal("through the mapping"))
	})
	It("shows what is written to the file", func() {
		f := fresh()
		check.NoError(f.Truncate(64 << 10))
		pages := mapFile(f, 64<<10, unix.PROT_READ)
		_, err := f.WriteAt([]byte("through the file"), 40000)
		check.NoError(err)
		Expect(string(pages[40000:40016])).To(Equal("through the file"))
	})
	It("longer than the file shows what the file grows by", func() {
		check.NeedsKernel(record.Say("it cuts mappings off at the end of the file where page sizes differ, which databases such as bbolt crash of",
			"页大小不一致时它会在文件末尾截断映射，bbolt 等数据库会因此崩溃"))
		f := fresh()
		_, err := f.Write([]byte("x"))
		check.NoError(err)
		pages := mapFile(f, 1<<20, unix.PROT_READ)
		check.NoError(f.Truncate(1 << 20))
		_, err = f.WriteAt([]byte("grown"), 900000)
		check.NoError(err)
		Expect(string(pages[900000:900005])).To(Equal("grown"))
	})
}
