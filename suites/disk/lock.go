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

// second opens a file once more: the locks of the two open files have different owners.
func second(f *os.File) *os.File {
	GinkgoHelper()
	again, err := os.OpenFile(f.Name(), os.O_RDWR, 0)
	check.NoError(err)
	DeferCleanup(again.Close)
	return again
}

func locks() {
	It("of flock keeps another out until it is closed", func() {
		answers := check.Gather("answers to flock beside a lock, and after it", func() [2]error {
			first := fresh()
			other := second(first)
			needsFileSystem(unix.Flock(int(first.Fd()), unix.LOCK_EX), "flock")
			beside := unix.Flock(int(other.Fd()), unix.LOCK_EX|unix.LOCK_NB)
			check.NoError(first.Close())
			return [2]error{beside, unix.Flock(int(other.Fd()), unix.LOCK_EX|unix.LOCK_NB)}
		})
		Expect(answers[0]).To(MatchError(unix.EWOULDBLOCK))
		check.NoError(answers[1])
	})
	It("of flock is shared by readers", func() {
		answers := check.Gather("answers to a reader's flock beside another's, and to a writer's", func() [2]error {
			first := fresh()
			other := second(first)
			needsFileSystem(unix.Flock(int(first.Fd()), unix.LOCK_SH), "flock")
			return [2]error{unix.Flock(int(other.Fd()), unix.LOCK_SH|unix.LOCK_NB), unix.Flock(int(other.Fd()), unix.LOCK_EX|unix.LOCK_NB)}
		})
		check.NoError(answers[0])
		Expect(answers[1]).To(MatchError(unix.EWOULDBLOCK))
	})
	It("of an open file description covers its range and no more", func() {
		answers := check.Gather("answers to locks within a locked range, behind and before it", func() [3]error {
			first := fresh()
			other := second(first)
			lock := func(f *os.File, start int64) error {
				return unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart, Start: start, Len: 10})
			}
			needsFileSystem(lock(first, 100), "F_OFD_SETLK")
			return [3]error{lock(other, 105), lock(other, 110), lock(other, 90)}
		})
		Expect(answers[0]).To(MatchError(unix.EAGAIN))
		check.NoError(answers[1])
		check.NoError(answers[2])
	})
}

// mapFile maps the first n bytes of a file until the end of the spec.
func mapFile(f *os.File, n, access int) []byte {
	GinkgoHelper()
	pages, err := unix.Mmap(int(f.Fd()), 0, n, access, unix.MAP_SHARED)
	needsFileSystem(err, "mmap")
	DeferCleanup(func() error { return unix.Munmap(pages) })
	return pages
}

func mappings() {
	It("written to is what the file reads", func() {
		Expect(check.Gather("what a file reads that was written through a mapping", throughMapping)).To(Equal("through the mapping"))
	})
	It("shows what is written to the file", func() {
		Expect(check.Gather("what a mapping shows that was written to the file", func() string {
			f := fresh()
			check.NoError(f.Truncate(64 << 10))
			pages := mapFile(f, 64<<10, unix.PROT_READ)
			_, err := f.WriteAt([]byte("through the file"), 40000)
			check.NoError(err)
			return string(pages[40000:40016])
		})).To(Equal("through the file"))
	})
	It("longer than the file shows what the file grows by", func() {
		Expect(check.Gather("what a mapping shows of what a file grew by", func() string {
			check.NeedsKernel(record.Say("it cuts mappings off at the end of the file where page sizes differ, which crashes databases such as bbolt",
				"页大小不一致时它会在文件末尾截断映射，bbolt 等数据库会因此崩溃"))
			f := fresh()
			_, err := f.Write([]byte("x"))
			check.NoError(err)
			pages := mapFile(f, 1<<20, unix.PROT_READ)
			check.NoError(f.Truncate(1 << 20))
			_, err = f.WriteAt([]byte("grown"), 900000)
			check.NoError(err)
			return string(pages[900000:900005])
		})).To(Equal("grown"))
	})
}

// throughMapping writes through a mapping of a file, and returns what the file reads.
func throughMapping() string {
	GinkgoHelper()
	f := fresh()
	_, err := f.Write(make([]byte, 64<<10)) // where no space is left, this says so; a write to the mapping of a hole is SIGBUS
	check.NoError(err)
	pages := mapFile(f, 64<<10, unix.PROT_READ|unix.PROT_WRITE)
	copy(pages[5000:], "through the mapping")
	_, _, errno := unix.Syscall(unix.SYS_MSYNC, uintptr(unsafe.Pointer(&pages[0])), uintptr(len(pages)), unix.MS_SYNC)
	Expect(errno).To(BeZero())
	read := make([]byte, 19)
	_, err = f.ReadAt(read, 5000)
	check.NoError(err)
	return string(read)
}
